"""`mallorn info` and `mallorn completion`."""

import json
from collections import Counter

import click

from mallorn.command.inputs import model_folder

__all__ = ["completion", "info"]

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("model", required=False, metavar="[MODEL]", envvar="MALLORN_MODEL")
@click.option("--json", "whole", is_flag=True, help="Print all of model.json.")
@click.option("--check", is_flag=True, help="Check that the model still gives its numbers on this machine.")
def info(model, whole, check):
    """Describe a model: its target, its members, its features, and how it decides.

    \b
    mallorn info results/model
    """
    from mallorn.interface.model import load_model
    from mallorn.report.model_card import CARD

    folder = model_folder(model)
    loaded = load_model(folder)
    if whole:
        click.echo(json.dumps(loaded.about, indent=1))
        return
    for line in _card(loaded):
        click.echo(line)
    card = folder / CARD
    if card.is_file():
        click.echo(f"\n{card.read_text(encoding='utf-8')}")
    if check:
        for note in loaded.check():
            click.echo(f"  note: {note}")
        told = "come out as they must" if loaded.about.get("golden") else "are not there"
        click.echo(f"  golden inputs {told}")


def _card(model):
    """Yield the lines of a model's card."""
    about = model.about
    others = ", ".join(name for name in model.classes if name != model.target)
    yield f"Model {model.folder}"
    yield f"  seeks      {model.target} among {others}"
    yield f"  is         {_ensemble(about)}, of models trained and calibrated by {about.get('protocol', '?')} folds"
    yield f"  decides    {model.target} from a probability of {model.threshold:.3f} on"
    if model.threshold_without_redshift is None:
        yield "             objects without a redshift get no probability"
    else:
        yield f"             without a redshift from {model.threshold_without_redshift:.3f} on, by models trained so"
    draws = about.get("photoz", {}).get("draws", 1)
    if draws > 1:
        yield f"             a photometric redshift counts as {draws} draws from its distribution"
    families = Counter(name.split("__")[0] for name in model.columns)
    told = ", ".join(f"{name} {n}" for name, n in families.most_common())
    yield f"  reads      {', '.join(about['needs'])}: {len(model.columns)} columns ({told})"


def _ensemble(about):
    learned = about["repeats"][0]
    members = ", ".join(
        f"{name} ({about.get('models', {}).get(name, {}).get('learner', '?')})" for name in learned["members"]
    )
    number = len(about["repeats"])
    repeats = f" in {number} repeats" if number > 1 else ""
    return members + repeats if len(learned["members"]) == 1 else f"the {learned['method']} of {members}{repeats}"


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context, shell):
    """Print the script that completes commands, options and formats in a shell.

    \b
    eval "$(mallorn completion bash)"                                  in ~/.bashrc
    eval "$(mallorn completion zsh)"                                   in ~/.zshrc
    mallorn completion fish > ~/.config/fish/completions/mallorn.fish
    """
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)(context.find_root().command, {}, "mallorn", "_MALLORN_COMPLETE")
    click.echo(complete.source())
