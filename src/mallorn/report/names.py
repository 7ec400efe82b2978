"""File names for objects: an id comes from the survey's files and may contain anything."""

import hashlib
import re

__all__ = ["NAME_PATTERN", "page_name"]

NAME_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,78}[A-Za-z0-9])?"
"""Form of a page's name: no separator of folders, no leading dot or dash, at most 80 characters."""


def page_name(object_id):
    """Return the name, without ending, of an object's page: its id if that can name a file, else a digest.

    Ids that match `NAME_PATTERN` are used as they are; others become "id-" and 16 hexadecimal digits.
    """
    text = str(object_id)
    if re.fullmatch(NAME_PATTERN, text) and not re.fullmatch(r"id-[0-9a-f]{16}", text):
        return text
    return "id-" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
