"""Alerts of ZTF, as a stream has them: each with a history of thirty days, and files of one alert each."""

import json

import numpy as np

HISTORY = 30.0  # days


def write_alerts(folder, n_objects, n_nights, seed=0):
    """Write one file for each detection of some objects, in the order of their times; return {object: n points}."""
    rng, alerts, counts = np.random.default_rng(seed), [], {}
    for number in range(n_objects):
        name = f"ZTF20aaaaa{chr(97 + number // 26)}{chr(97 + number % 26)}"
        rows = [exposure(2458849.5 + 4 * k + 0.01 * number, 1 + k % 2, rng) for k in range(n_nights)]
        counts[name] = len(rows)
        for k, row in enumerate(rows):
            earlier = [one for one in rows[:k] if one["jd"] > row["jd"] - HISTORY]
            alerts.append((row["jd"], {"objectId": name, "candidate": row, "prv_candidates": earlier}))
    folder.mkdir(parents=True, exist_ok=True)
    for number, (_, alert) in enumerate(sorted(alerts, key=lambda one: one[0])):
        (folder / f"{number:05d}.json").write_text(json.dumps(alert))
    return counts


def exposure(jd, fid, rng):
    """Return a detection of some 18 to 19 mag."""
    magnitude = round(float(rng.uniform(18, 19)), 3)
    row = {"jd": jd, "fid": fid, "magpsf": magnitude, "sigmapsf": 0.1, "isdiffpos": "t", "diffmaglim": 20.5}
    return row | {"ra": 10.0, "dec": 20.0, "rb": 0.9}
