# docker build -t mallorn .
# docker run --rm -v "$PWD:/data" mallorn score lightcurves.csv --survey ztf --out scores.csv
FROM python:3.12-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.lock /source/
RUN python -m venv /opt/mallorn \
    && /opt/mallorn/bin/pip install --no-cache-dir --require-hashes -r /source/requirements.lock
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN /opt/mallorn/bin/pip install --no-cache-dir --no-deps /source

FROM python:3.12-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 mallorn
COPY --from=build /opt/mallorn /opt/mallorn
ENV PATH=/opt/mallorn/bin:$PATH MALLORN_CACHE=/tmp/mallorn
USER 1000
WORKDIR /data
ENTRYPOINT ["mallorn"]
CMD ["--help"]
