"""Read avro container files from strangers: the wanted fields of records, without trusting the sizes they claim.

The container (specification 1.11: magic, metadata, blocks of records between synchronization markers) is read here: a
block cannot grow without bound when it is unpacked. `fastavro` decodes the records.
"""

import copy
import io
import json
import zlib

import fastavro
import pyarrow as pa

from mallorn.errors import DataError

__all__ = ["AvroFile", "trimmed"]

_MAGIC = b"Obj\x01"
_MOST_BLOCK = 1 << 28  # most bytes of a block in the file
_MOST_UNPACKED = 1 << 26  # and of a packed one; as records in memory it takes twenty times that
_RECORDS = 1000  # decoded at a time
_MOST_SCHEMA = 1 << 24
_DEPTH = 50
_PRIMITIVE = {"null": 0, "boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}
_DECODING = (ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, StopIteration, MemoryError)


class AvroFile:
    """An open Avro file.

    stream: open for reading bytes. path: for messages. Attributes: schema (as parsed from JSON), codec.
    """

    def __init__(self, stream, path):
        self._stream, self._path = stream, path
        start = stream.read(5)
        if start[:4] != _MAGIC:
            wire = start[:1] == b"\0" and len(start) == 5
            found = "a bare message of a stream, without its schema" if wire else repr(start[:4])
            fix = "write the alerts with their schema, as an Avro object container file"
            raise self._error("an Avro file, which begins with 'Obj' and 1", found, fix)
        stream.seek(4)
        metadata = self._metadata()
        self.codec = metadata.get("avro.codec", b"null").decode("ascii", "replace") or "null"
        if self.codec not in ("null", "deflate", "snappy", "zstandard"):
            fix = "write the file again with the codec deflate or null"
            raise self._error("the codec null, deflate, snappy or zstandard", repr(self.codec), fix)
        try:
            self.schema = json.loads(metadata["avro.schema"])
            self._smallest = _smallest(self.schema, {}, ())
            self._writer = fastavro.parse_schema(self.schema)
        except Exception as error:  # fastavro raises errors of many kinds for a schema that it cannot use
            found = str(error)[:200] or type(error).__name__
            raise self._error("a schema of records of bounded size", found, "get the file again") from None
        self._marker = self._exactly(16)

    def records(self, reader_schema):
        """Yield the records as lists of some dicts, with the fields of `reader_schema`."""
        reader, block = fastavro.parse_schema(reader_schema), 0
        while (count := self._long(at_end=None)) is not None:
            size = self._long()
            if count < 0 or size < 0 or size > _MOST_BLOCK:
                found = f"{count} records in {size} bytes in block {block}"
                raise self._error(f"blocks of at most {_MOST_BLOCK} bytes", found, "write the file in smaller blocks")
            data = self._unpacked(self._exactly(size), block)
            if self._exactly(16) != self._marker:
                raise self._error("a marker behind each block", f"none behind block {block}", "get the file again")
            if count * max(self._smallest, 1) > len(data):
                found = f"{count} records in {len(data)} bytes in block {block}"
                raise self._error("records of some bytes each", found, "get the file again")
            data = io.BytesIO(data)
            for begin in range(0, count, _RECORDS):
                yield self._decoded(data, min(_RECORDS, count - begin), reader, block)
            block += 1

    def _decoded(self, data, count, reader, block):
        try:
            return [fastavro.schemaless_reader(data, self._writer, reader) for _ in range(count)]
        except (*_DECODING, fastavro.read.SchemaResolutionError) as error:
            found = f"{type(error).__name__} in block {block}: {str(error)[:150]}"
            raise self._error("records as the schema says", found, "get the file again: it is damaged") from None

    def _unpacked(self, data, block):
        try:
            if self.codec == "deflate":
                unpacker = zlib.decompressobj(-15)
                data = unpacker.decompress(data, _MOST_UNPACKED)
                if unpacker.unconsumed_tail:
                    raise ValueError(f"more than {_MOST_UNPACKED} bytes")
            elif self.codec == "snappy":
                size = _varint(data)
                if size > _MOST_UNPACKED:
                    raise ValueError(f"more than {_MOST_UNPACKED} bytes")
                data = pa.decompress(data[:-4], decompressed_size=size, codec="snappy", asbytes=True)
            elif self.codec == "zstandard":
                data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read(_MOST_UNPACKED + 1)
                if len(data) > _MOST_UNPACKED:
                    raise ValueError(f"more than {_MOST_UNPACKED} bytes")
        except (ValueError, OSError, zlib.error, IndexError, pa.ArrowException) as error:
            found = f"{str(error)[:150]} in block {block}"
            raise self._error(f"a block packed by {self.codec}", found, "get the file again: it is damaged") from None
        return data

    def _metadata(self):
        metadata = {}
        while (count := self._long()) != 0:
            if count < 0:
                count, _ = -count, self._long()
            if count > 1000:
                raise self._error("a header", f"one of {count} entries", "get the file again")
            for _ in range(count):
                key = self._exactly(self._short())
                metadata[key.decode("utf-8", "replace")] = self._exactly(self._short())
        return metadata

    def _short(self):
        size = self._long()
        if not 0 <= size <= _MOST_SCHEMA:
            raise self._error("a header", f"an entry of {size} bytes", "get the file again")
        return size

    def _long(self, at_end=False):
        """Return the next zigzag-coded integer; `at_end` if the file ends here and that is not False."""
        value, shift = 0, 0
        while True:
            byte = self._stream.read(1)
            if not byte and shift == 0 and at_end is not False:
                return at_end
            if not byte or shift > 63:
                raise self._cut()
            value |= (byte[0] & 0x7F) << shift
            if byte[0] < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def _exactly(self, size):
        data = b""
        while len(data) < size:  # in parts: the claimed size may not exist
            part = self._stream.read(min(size - len(data), 1 << 24))
            if not part:
                raise self._cut()
            data = data + part if data else part
        return data

    def _cut(self):
        return self._error("a whole Avro file", "its end in the middle of a block", "get the file again: it is cut off")

    def _error(self, expected, found, fix):
        return DataError.at(self._path, expected=expected, found=found, fix=fix)


def trimmed(schema, keep):
    """Return `schema` (parsed JSON) with only those fields of records that `keep(record, field)` chooses.

    Types that are named again are written out once, at their first use. record: the depth in nested records.
    """
    named = {}
    _names(schema, named, None)
    return _trim(schema, keep, named, set(), 0, None)


def _trim(schema, keep, named, written, depth, space):
    if isinstance(schema, list):
        return [_trim(part, keep, named, written, depth, space) for part in schema]
    if isinstance(schema, str):
        full = _full(schema, space)
        if schema in _PRIMITIVE or full not in named:
            return schema
        return full if full in written else _trim(named[full], keep, named, written, depth, space)
    schema = copy.copy(schema)
    kind = schema["type"]
    if kind in ("record", "error", "enum", "fixed"):
        full = _full(schema["name"], schema.get("namespace", space))
        schema["name"], space = full, full.rpartition(".")[0]
        schema.pop("namespace", None)
        if full in written:
            return full
        written.add(full)
    if kind in ("record", "error"):
        fields = [field for field in schema["fields"] if keep(depth, field["name"])]
        schema["fields"] = [
            field | {"type": _trim(field["type"], keep, named, written, depth + 1, space)} for field in fields
        ]
    elif kind in ("array", "map"):
        part = "items" if kind == "array" else "values"
        schema[part] = _trim(schema[part], keep, named, written, depth, space)
    elif isinstance(kind, list | dict):
        return _trim(kind, keep, named, written, depth, space)
    return schema


def _names(schema, named, space):
    if isinstance(schema, list):
        for part in schema:
            _names(part, named, space)
    elif isinstance(schema, dict):
        if schema["type"] in ("record", "error", "enum", "fixed"):
            full = _full(schema["name"], schema.get("namespace", space))
            space = full.rpartition(".")[0]
            named[full] = schema | {"namespace": space or None, "name": full}
        for field in schema.get("fields", ()):
            _names(field["type"], named, space)
        for part in ("items", "values"):
            if part in schema:
                _names(schema[part], named, space)
        if isinstance(schema["type"], list | dict):
            _names(schema["type"], named, space)


def _full(name, space):
    return name if "." in name or not space else f"{space}.{name}"


def _smallest(schema, sizes, around, space=None):
    """Return the least bytes of a value; raise ValueError for a type that could claim values without any bytes."""
    if len(around) > _DEPTH:
        raise ValueError(f"types within types, more than {_DEPTH} deep")
    if isinstance(schema, list):
        return 1 + min((_smallest(part, sizes, (*around, ""), space) for part in schema), default=0)
    if isinstance(schema, str):
        if schema in _PRIMITIVE:
            return _PRIMITIVE[schema]
        full = _full(schema, space)
        if full in around:
            raise ValueError(f"the type {full!r} within itself")
        return sizes[full]
    kind = schema["type"]
    if kind in ("record", "error", "enum", "fixed"):
        full = _full(schema["name"], schema.get("namespace", space))
        space = full.rpartition(".")[0]
        sizes[full] = 1
        if kind == "fixed":
            sizes[full] = int(schema["size"])
        elif kind != "enum":
            sizes[full] = sum(_smallest(field["type"], sizes, (*around, full), space) for field in schema["fields"])
        return sizes[full]
    if kind in ("array", "map"):
        part = _smallest(schema["items" if kind == "array" else "values"], sizes, (*around, ""), space)
        if part == 0 and kind == "array":
            raise ValueError("a list of values without any byte")
        return 1
    return _smallest(kind, sizes, (*around, ""), space)


def _varint(data):
    value, shift = 0, 0
    for byte in data[:10]:
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
        shift += 7
    raise ValueError("no size")
