#!/usr/bin/env python3
"""Prints one state of a savepoint as NDJSON: read-savepoint.py PATH UID STATE, or PATH --list for the states' names.

Made from src/savepoint/FORMAT.md alone, with pyarrow for Arrow files. Checks the manifest's digest, sizes and checksums.
PATH: a savepoint folder, a store of checkpoints (its newest), or a manifest."""
import base64, hashlib, heapq, json, math, os, re, sys, zlib
import pyarrow as pa
import pyarrow.ipc


def canonical(value):  # RFC 8785, section 2
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return number(value) if type(value) in (int, float) else json.dumps(value, ensure_ascii=False)


def number(value):  # as ECMAScript prints it
    if isinstance(value, int):
        return str(value) if abs(value) < 2**53 else number(float(value))
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, (mantissa, _, exponent) = "-" if value < 0 else "", f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        return sign + (digits.ljust(point, "0") if len(digits) <= point else f"{digits[:point]}.{digits[point:]}")
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    return sign + digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + f"e{point - 1:+d}"


def open_manifest(path):  # sections 1 and 2
    if os.path.isdir(path):
        single = os.path.join(path, "manifest.json")
        if not os.path.exists(single):
            folder = os.path.join(path, "manifests")
            numbers = [int(name[:-5]) for name in os.listdir(folder) if re.fullmatch(r"\d{8,}\.json", name)]
            single = os.path.join(folder, f"{max(numbers):08}.json")
        path = single
    folder = os.path.dirname(os.path.abspath(path))
    root = folder if os.path.basename(path) == "manifest.json" else os.path.dirname(folder)
    manifest = json.loads(open(path, "rb").read())
    if manifest["formatVersion"] != 1:
        sys.exit(f"{path}: format version {manifest['formatVersion']}, this reads 1")
    digest = manifest.pop("manifestDigest")
    if hashlib.sha256(canonical(manifest).encode()).hexdigest() != digest:
        sys.exit(f"{path}: the manifest digest is another")
    return root, manifest


def read_file(root, name, size, checksum):  # section 7
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,190}", name):
        sys.exit(f"{name}: no name of a segment")
    content = open(os.path.join(root, "segments", name), "rb").read()
    if len(content) != size or zlib.crc32(content) != checksum:
        sys.exit(f"{name}: damaged")
    return content


def json_form(spec):  # from what a column gives to the form that `headwater scan --json` prints
    kind, inner = spec["kind"], json_form(spec["of"]) if "of" in spec else None
    if kind == "optional":
        return lambda v: "null" if v is None else inner(v)
    if kind == "list":
        return lambda v: f"[{','.join(map(inner, v))}]"
    if kind == "map":
        key, item = json_form(spec["key"]), json_form(spec["value"])
        return lambda v: f"[{','.join(f'[{key(a)},{item(b)}]' for a, b in v)}]"
    if kind == "struct":
        parts = [(canonical(field["name"]), field["name"], json_form(field["type"])) for field in spec["fields"]]
        return lambda v: "{" + ",".join(f"{label}:{form(v[name])}" for label, name, form in parts) + "}"
    if kind in ("float32", "float64"):
        return lambda v: number(v) if math.isfinite(v) else {math.inf: '"Infinity"', -math.inf: '"-Infinity"'}.get(v, '"NaN"')
    if kind in ("int64", "decimal") or (kind == "timestamp" and spec["unit"] == "ns"):
        return '"{:f}"'.format if kind == "decimal" else '"{}"'.format
    if kind == "bytes":
        return lambda v: f'"{base64.b64encode(v).decode()}"'
    return (lambda v: f'"{v.isoformat()}"') if kind == "date" else canonical


def plain(t):  # times as whole numbers of their unit
    if pa.types.is_map(t):
        return pa.map_(plain(t.key_type), plain(t.item_type))
    if pa.types.is_struct(t):
        return pa.struct([field.with_type(plain(field.type)) for field in t])
    if pa.types.is_list(t):
        return pa.list_(t.value_field.with_type(plain(t.value_type)))
    return pa.int64() if pa.types.is_timestamp(t) else t


def values_of(column):
    return column.cast(plain(column.type)).to_pylist()


def layer_rows(root, operator, state, layer, number_of_layer):  # section 4: order, key, index or map_key, deleted, value
    fields, part = operator["key"]["fields"], {"list": "index", "map": "map_key"}.get(state["kind"])
    for segment in layer["segments"]:
        content = read_file(root, segment["name"] + ".arrow", segment["bytes"], segment["crc32"])
        read_file(root, segment["name"] + ".index.json", segment["index"]["bytes"], segment["index"]["crc32"])
        reader = pa.ipc.open_file(content)
        for batch in (reader.get_batch(i) for i in range(reader.num_record_batches)):
            groups = batch.column("key_group").to_pylist()
            keys = zip(*(values_of(batch.column(field["name"])) for field in fields))
            parts = values_of(batch.column(part)) if part else [None] * len(groups)
            deleted = values_of(batch.column("deleted")) if number_of_layer > 0 else [None] * len(groups)
            for group, key, *rest in zip(groups, keys, parts, deleted, values_of(batch.column(state["name"]))):
                order = tuple(each.encode() if isinstance(each, str) else each for each in key)
                yield (group, order, number_of_layer), key, *rest


def entries(root, operator, state):  # section 5: keys in order, each with its values
    layers = [layer_rows(root, operator, state, layer, n) for n, layer in enumerate(state["layers"])]
    last, key, values = None, None, {}
    for (group, order, _), parts, part, gone, value in heapq.merge(*layers, key=lambda row: row[0]):
        if (group, order) != last:
            yield from ((key, i, values[i]) for i in sorted(values))
            last, key, values = (group, order), parts, {}
        if gone:
            values = {i: values[i] for i in values if part not in (None, i)}
        else:
            values[0 if part is None else part] = value
    yield from ((key, i, values[i]) for i in sorted(values))


def main(path, uid=None, name=None):
    root, manifest = open_manifest(path)
    states = [(operator, state) for operator in manifest["operators"] for state in operator["states"]]
    if uid == "--list":
        return [print(json.dumps([operator["uid"], state["name"]])) for operator, state in states]
    operator, state = next(each for each in states if (each[0]["uid"], each[1]["name"]) == (uid, name))
    kind, spec = state["kind"], state["type"]
    part = {"list": [("index", {"kind": "int32"})], "map": [("map_key", spec.get("key"))]}.get(kind, [])
    fields = [(field["name"], field["type"]) for field in operator["key"]["fields"]] + part
    fields.append((state["name"], spec["value"] if kind == "map" else spec))
    forms = [(canonical(label), json_form(of)) for label, of in fields]
    for key, of, value in entries(root, operator, state):
        cells = zip(forms, (*key, of, value) if part else (*key, value))
        print("{" + ",".join(f"{label}:{form(each)}" for (label, form), each in cells) + "}")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    main(*sys.argv[1:])
