"""Names of splits and objects. As in the MALLORN challenge, objects have names of Sindarin words."""

__all__ = ["object_name", "split_names"]

_WORDS = (
    ("aduial", "evening, twilight"),
    ("aear", "sea"),
    ("aglar", "glory, brilliance"),
    ("alph", "swan"),
    ("amon", "hill"),
    ("annun", "west, sunset"),
    ("anor", "sun"),
    ("aran", "king"),
    ("aras", "deer"),
    ("astar", "faith"),
    ("barad", "tower"),
    ("bereth", "queen"),
    ("calad", "light"),
    ("caran", "red"),
    ("celeb", "silver"),
    ("celon", "river"),
    ("cirith", "cleft, pass"),
    ("curu", "skill"),
    ("dagor", "battle"),
    ("draug", "wolf"),
    ("duin", "large river"),
    ("edhel", "elf"),
    ("ennor", "middle-earth"),
    ("ernil", "prince"),
    ("estel", "hope, trust"),
    ("fela", "cave"),
    ("galad", "radiance"),
    ("galadh", "tree"),
    ("gil", "star"),
    ("glamor", "echo"),
    ("gond", "stone"),
    ("gwaith", "people"),
    ("gwing", "spray, foam"),
    ("harad", "south"),
    ("hith", "mist"),
    ("iant", "bridge"),
    ("ithil", "moon"),
    ("ithron", "wizard"),
    ("lith", "ash"),
    ("loth", "flower"),
    ("mallorn", "golden tree"),
    ("mellon", "friend"),
    ("menel", "heavens, sky"),
    ("mereth", "feast"),
    ("minas", "fortress, city"),
    ("mith", "grey"),
    ("nan", "valley"),
    ("naur", "fire"),
    ("nen", "water"),
    ("orod", "mountain"),
    ("parth", "field, lawn"),
    ("perian", "halfling"),
    ("peth", "word"),
    ("rhun", "east"),
    ("roch", "horse"),
    ("ross", "rain, foam"),
    ("sarn", "pebble"),
    ("sigil", "dagger"),
    ("sul", "wind"),
    ("talan", "platform in a tree"),
    ("taur", "forest"),
    ("thoron", "eagle"),
    ("tinnu", "dusk"),
    ("tol", "island"),
)
_SHUFFLE = 0x9E3779B1  # odd: multiplication by it permutes the numbers below any power of two


def split_names(n):
    """Return the names of `n` splits: split_01, split_02, ..."""
    return [f"split_{k:02d}" for k in range(1, n + 1)]


def object_name(number):
    """Return (object_id, translation) of object `number`: three words, more from the 262,144th on; ids are unique."""
    base, length = len(_WORDS), 3
    while number >= base**length:
        length += 1
    code = number * _SHUFFLE % base**length
    words = [_WORDS[code // base**place % base] for place in range(length)]
    return "_".join(word for word, _ in words), " + ".join(meaning for _, meaning in words)
