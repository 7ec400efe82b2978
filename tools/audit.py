"""Say what a database of vulnerabilities answered: `pip-audit --format json | python tools/audit.py`.

Ends with 1 if a package has a known vulnerability, or if the database could not be asked about one.
"""

import json
import sys

SHOWN = 5


def verdict(answer):
    """Return (lines, sound) on the answer of pip-audit, a dict; sound: asked about every package, and nothing found."""
    packages = answer.get("dependencies", [])
    asked = [package for package in packages if "skip_reason" not in package]
    unasked = [package["name"] for package in packages if "skip_reason" in package]
    lines = [
        f"{package['name']} {package['version']}: {found['id']}, mended in {found['fix_versions'] or 'no version'}"
        for package in asked
        for found in package["vulns"]
    ]
    lines.append(f"{len(asked)} packages asked about, {len(lines)} known vulnerabilities")
    if unasked:
        names = ", ".join(unasked[:SHOWN]) + (", ..." if len(unasked) > SHOWN else "")
        lines.append(f"{len(unasked)} packages the database knows nothing of, or cannot be asked about here: {names}")
    return lines, bool(asked) and not unasked and len(lines) == 1


def main():
    """Print the verdict on standard input's JSON, and return the exit code."""
    text = sys.stdin.read()
    if not text.strip():
        print("no answer: pip-audit ended before it had asked; its last words are above")
        return 1
    lines, sound = verdict(json.loads(text))
    print("\n".join(lines))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
