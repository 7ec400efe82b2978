"""Write the reference page and the JSON schema from the settings."""

import yaml

from mallorn.settings.configuration import Configuration

__all__ = ["page", "schema", "schema_text"]

_INTRODUCTION = """# Configuration

Written by `snakemake configuration_reference` from `src/mallorn/settings/`; do not edit.

Every setting has a default, so your configuration needs only what differs. `config.yaml` has what users change most.
Put your own values into a file beside it (`snakemake --configfile mine.yaml`), or give single ones on the command line
(`snakemake --config data_dir=FOLDER`). mallorn checks all of it before the first job. It refuses an unknown key and
suggests the nearest one. It also refuses settings that contradict each other, such as a phase that is not among
`posterior.knots`.

- A block adds to the default one: `models: {lightgbm: {params: {num_leaves: 8}}}` changes one number. A list replaces
  the default one, and so do `training.classes` and `alerce.classes`.
- `enabled: false` removes a model, ensemble or feature family. Then also remove it wherever it is named: in the members
  of ensembles, `submission.model` and `explanations.models`. The error says where.
- In `params` and `transforms` of a model, `null` removes a default entry. A model with another `learner`, or an
  ensemble with another `method`, keeps none of the default settings of the old one.
- Numbers are plain YAML: write `1.0e-3`, since `1e-3` is text to YAML.
"""

_HEAD = ["| key | default | unit | allowed | meaning |", "|---|---|---|---|---|"]


def schema():
    """Return the JSON schema (draft 2020-12) of a user's part of the configuration, in which no key is required."""
    made = _plain(Configuration.model_json_schema())
    kinds = made["$defs"]
    kinds["Features"]["additionalProperties"] = {"type": "object", "description": "A family of a plug-in."}
    for mapping in (kinds["Model"]["properties"]["params"], kinds["Trainer"]["properties"]["params"]):
        mapping["additionalProperties"]["anyOf"].append({"type": "null"})
    transforms = kinds["Model"]["properties"]["transforms"]
    transforms["additionalProperties"] = {"anyOf": [transforms["additionalProperties"], {"type": "null"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def schema_text():
    """Return the schema as YAML, with a line that says where it comes from."""
    head = "# Written by `snakemake configuration_reference` from src/mallorn/settings/; do not edit.\n"
    return head + yaml.safe_dump(schema(), sort_keys=False, width=120, default_flow_style=None)


def page():
    """Return the reference page as Markdown: a table of each block with all its keys."""
    whole, defaults = schema(), Configuration().model_dump()
    top, parts = [], []
    for key, given in whole["properties"].items():
        inner = _follow(given, whole)
        if "properties" in inner and key != "features":
            parts.append(_section(key, inner, defaults[key], whole))
        elif key == "features":
            parts.append(f"## {key}\n\n{_sentence(inner)}\n")
            parts += [
                _section(f"features.{name}", _follow(family, whole), defaults[key][name], whole)
                for name, family in inner["properties"].items()
            ]
        elif key in ("models", "ensembles", "surveys"):
            parts.append(_named_blocks(key, given, defaults[key], whole))
        else:
            top.append(_row(key, inner, defaults[key], whole))
    return "\n".join([_INTRODUCTION, "\n".join([*_HEAD, *top]) + "\n", *parts])


def _section(key, inner, defaults, whole):
    rows = list(_rows(inner, defaults, whole))
    return f"## {key}\n\n{_sentence(inner)}\n\n" + "\n".join([*_HEAD, *rows]) + "\n"


def _rows(inner, defaults, whole, path=""):
    """Yield the rows of all values in a block; an inner block has a row of its own without a value."""
    for key, given in inner["properties"].items():
        field, default = _follow(given, whole), (defaults or {}).get(key)
        if "properties" in field:
            yield f"| `{path}{key}` | | | | {_sentence(field)} |"
            yield from _rows(field, default, whole, f"{path}{key}.")
        else:
            yield _row(f"{path}{key}", field, default, whole)


def _named_blocks(key, given, shipped, whole):
    """Return the section of `models`, `ensembles` or `surveys`: the keys of a block, and the shipped blocks."""
    (inner,) = given.get("patternProperties", {"": given.get("additionalProperties")}).values()
    fields = {}
    for kind in (_follow(one, whole) for one in inner.get("anyOf", [inner])):
        while "properties" not in kind:
            kind = _follow(kind["additionalProperties"], whole)
        for name, field in kind["properties"].items():
            fields.setdefault(name, field)
            if "const" in field:
                fields[name] = fields[name] | {"enum": [*fields[name].get("enum", []), field["const"]]}
                fields[name]["description"] += (
                    f" {field['const']}: {kind['description'][0].lower()}{kind['description'][1:]}"
                )
    rows = [_row(name, _follow(field, whole), field.get("default"), whole) for name, field in fields.items()]
    section = "\n".join([f"## {key}\n\n{_sentence(given)}\n", *_HEAD, *rows]) + "\n"
    if not shipped:
        return section
    blocks = {name: {key: value for key, value in block.items() if value != {}} for name, block in shipped.items()}
    text = yaml.safe_dump({key: blocks}, sort_keys=False, width=110, default_flow_style=None)
    return f"{section}\nShipped:\n\n```yaml\n{text}```\n"


def _row(key, field, default, whole):
    shown = "" if default is None and "null" not in _allowed(field, whole) else f"`{_value(default)}`"
    cells = [f"`{key}`", shown, field.get("unit", ""), _allowed(field, whole), _sentence(field)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(default):
    """Return a default as in YAML, with numbers without needless zeros."""
    if isinstance(default, dict):
        return "{" + ", ".join(f"{key}: {_value(inner)}" for key, inner in default.items()) + "}"
    if isinstance(default, list):
        return "[" + ", ".join(map(_value, default)) + "]"
    if isinstance(default, float):
        if default and not 1e-3 <= abs(default) < 1e6:
            mantissa, _, exponent = f"{default:.1e}".partition("e")
            return f"{mantissa}e{int(exponent):+d}"
        return f"{default:g}"
    return (
        {True: "true", False: "false"}[default]
        if isinstance(default, bool)
        else "null"
        if default is None
        else str(default)
    )


def _sentence(field):
    return field.get("description", "")


def _allowed(field, whole):
    """Return the allowed values in words."""
    field = _follow(field, whole)
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    if "const" in field:
        return str(field["const"])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_allowed(one, whole) for one in field["anyOf"]))
    kind = field.get("type")
    if kind == "array":
        least, most = field.get("minItems", 0), field.get("maxItems")
        many = (
            f" of {least}"
            if least == most
            else f" of {least} to {most}"
            if most
            else f" of >= {least}"
            if least
            else ""
        )
        return f"list{many}: {_allowed(field['items'], whole)}"
    if kind == "object":
        return "mapping"
    words = {"integer": "whole number", "number": "number", "boolean": "true, false", "string": "text", "null": "null"}
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None and high < 1e6:
        return f"{words[kind]} {low:g} to {high:g}"
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = [f"{sign} {field[name]:g}" for name, sign in signs.items() if name in field]
    return " ".join([words[kind], ", ".join(limits)]).strip()


def _follow(field, whole):
    """Return the schema that a field refers to, with the field's own keys on top."""
    return whole["$defs"][field["$ref"].rpartition("/")[2]] | field if "$ref" in field else field


def _plain(part):
    """Return a part of pydantic's schema without titles and required keys, in which a union allows any member."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {}
    for key, inner in part.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: _plain(field) for name, field in inner.items()}
        elif key == "oneOf":
            kept["anyOf"] = _plain(inner)
        elif key == "description":
            kept[key] = " ".join(inner.split())
        elif key == "default" and isinstance(inner, dict):
            continue
        elif key not in ("title", "required", "discriminator"):
            kept[key] = _plain(inner)
    return kept
