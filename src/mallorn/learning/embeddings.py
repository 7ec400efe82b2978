"""Embeddings of light curves by a user's network in an ONNX file: a row of numbers for each object.

The network's input has a layout, one of `LAYOUTS`: those of models that `light_curve.embed` knows (Malanchev et al.
2021), or `views`, the arrays that our own networks read. In all layouts, only points from 100 rest-frame days before to
300 days after the posterior's peak count.
"""

import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mallorn.errors import ConfigError
from mallorn.learners.networks.views import WINDOW, arrays_of, peaks

__all__ = ["LAYOUTS", "Embedder", "open_embedder", "read_weights"]

LAYOUTS = {
    "astromer1": ("Astromer1", ("mjd", "magnitude")),
    "astromer1_ztf": ("Astromer1ZTF", ("mjd", "magnitude")),
    "astromer2": ("Astromer2", ("mjd", "magnitude")),
    "chronos2": ("Chronos2", ("magnitude",)),
    "atat": ("ATAT", ("mjd", "flux", "slot")),
    "atcat": ("ATCAT", ("mjd", "flux", "flux_err", "slot")),
    "views": ("", ()),
}
"""{layout: (class of `light_curve.embed`, its arguments)}. Layouts of magnitudes take one passband at a time, with
points whose flux is above its error. `views`: inputs among "features" (n, 3), "grid" (n, 2 S, G), "tokens" (n, L, 4),
"slot" and "seen" (n, L) of `mallorn.learners.networks.views`, output (n, d)."""

_ZERO_POINT = 23.9
"""AB magnitude of a flux of 1 microjansky."""
_VIEWS = ("features", "grid", "tokens", "slot", "seen")
_BATCH = 512
_SLOTS = 6


class Embedder(NamedTuple):
    """An open network: `session` of onnxruntime, its layout, `call`, one of `light_curve.embed` or None, and its
    output, "" for the first."""

    session: object
    layout: str
    call: object
    output: str

    def embed(self, dataset):
        """Return (n, d) float32 for the n objects of a `Dataset`, NaN for objects without a point to embed.

        d is 0 if no object has one. Raises ConfigError if the network cannot take its input.
        """
        if self.layout == "views":
            return self._of_views(dataset)
        return self._one_by_one(dataset)

    def _of_views(self, dataset):
        wanted = [given.name for given in self.session.get_inputs()]
        if not wanted or set(wanted) - set(_VIEWS):
            raise ConfigError(_told("views", f"inputs among {', '.join(_VIEWS)}", ", ".join(wanted)))
        arrays = arrays_of(dataset, np.empty(0, dtype=int), wanted)
        found = [np.empty((0, 0), dtype=np.float32)]
        for begin in range(0, len(dataset), _BATCH):
            feed = {name: arrays[name][begin : begin + _BATCH] for name in wanted}
            found.append(_two_dimensional(self._run(lambda feed=feed: self.session.run(self._outputs(), feed)[0])))
        found = [part for part in found if len(part)]
        return np.concatenate(found).astype(np.float32) if found else np.empty((0, 0), dtype=np.float32)

    def _outputs(self):
        return [self.output or self.session.get_outputs()[0].name]

    def _one_by_one(self, dataset):
        curves = dataset.points.dereddened()
        peak, _ = peaks(curves, dataset.grid)
        slot = curves.passbands.slot
        rows = [self._of_curve(curve, slot, peak[k]) for k, curve in enumerate(curves)]
        width = max((len(row) for row in rows), default=0)
        found = np.full((len(rows), width), np.nan, dtype=np.float32)
        for k, row in enumerate(rows):
            if len(row):
                found[k] = row
        return found

    def _of_curve(self, curve, slot, peak):
        """Return the embedding (d,) of a `LightCurve`, (0,) without a point."""
        phase = (curve.mjd - peak) / curve.stretch
        place = slot[curve.band]
        inside = (phase >= WINDOW[0]) & (phase <= WINDOW[1]) & (place >= 0)
        called = LAYOUTS[self.layout][1]
        if "magnitude" not in called:
            known = {name: getattr(curve, name)[inside] for name in called if name != "slot"} | {"slot": place[inside]}
            return self._embedded([known[name] for name in called])
        inside &= curve.flux > curve.flux_err
        parts = []
        for one in range(_SLOTS):
            here = inside & (place == one)
            given = {"mjd": curve.mjd[here]}
            given["magnitude"] = _ZERO_POINT - 2.5 * np.log10(curve.flux[here])
            parts.append(self._embedded([given[name] for name in called]))
        width = max(map(len, parts))
        return np.concatenate([part if len(part) else np.full(width, np.nan) for part in parts])

    def _embedded(self, given):
        if not len(given[0]):
            return np.empty(0)
        found = np.asarray(self._run(lambda: self.call(*given)))
        if found.shape[2] != 1:
            raise ConfigError(_told(self.layout, "one row for a light curve", f"{found.shape[2]}: another output"))
        return found.ravel()

    def _run(self, call):
        try:
            return call()
        except Exception as error:  # errors of onnxruntime have private classes
            raise ConfigError(_told(self.layout, "a network that takes this layout", str(error)[:300])) from None


def read_weights(path):
    """Return the bytes of an ONNX file. Raises ConfigError if there is none."""
    if not Path(path).is_file():
        fix = "correct the path, which is relative to the folder that snakemake runs in"
        raise ConfigError(f"models: embedding.weights: {path}: expected an ONNX file, found nothing. Next step: {fix}.")
    return Path(path).read_bytes()


def open_embedder(weights, layout, output=""):
    """Return the `Embedder` of the bytes of an ONNX file, which computes on one thread of the CPU.

    Weights must be in the file itself. Raises ConfigError for an unknown layout, for bytes that are no network, for an
    output that it lacks, and without onnxruntime.
    """
    if layout not in LAYOUTS:
        raise ConfigError(f"models: embedding.layout: expected one of {', '.join(LAYOUTS)}, found {layout!r}")
    try:
        import onnxruntime
    except ModuleNotFoundError:
        fix = "make install-neural, or pip install 'mallorn[neural]'"
        raise ConfigError(f"models: embedding needs onnxruntime, which is not installed. Next step: {fix}") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # each kind of broken file has its own error of a private class
        raise ConfigError(_told(layout, "an ONNX network with its weights", str(error)[:300])) from None
    outputs = [given.name for given in session.get_outputs()]
    if output and output not in outputs:
        raise ConfigError(_told(layout, f"the output {output!r}", ", ".join(outputs)))
    return Embedder(session, layout, _caller(session, layout, output), output)


def _caller(session, layout, output):
    """Return the object of `light_curve.embed` that embeds a light curve; None for a layout of our own."""
    name, called = LAYOUTS[layout]
    if not name:
        return None
    from light_curve import embed

    given = {"output": output} if output else {}
    if "flux" in called:
        given["mag_zp"] = _ZERO_POINT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that it is experimental; our tests cover it
        try:
            return getattr(embed, name)(session, reduction="middle", **given)
        except ValueError as error:
            raise ConfigError(_told(layout, "an output of this layout", str(error)[:300])) from None


def _two_dimensional(found):
    if np.ndim(found) != 2:
        raise ConfigError(_told("views", "an output (n, d)", f"one of {np.ndim(found)} dimensions"))
    return found


def _told(layout, expected, found):
    fix = "name another file, layout or output (docs/explanation/networks.md)"
    return f"models: embedding, layout {layout}: expected {expected}, found {found}. Next step: {fix}."
