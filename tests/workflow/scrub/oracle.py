"""What scrubbing means, written a second time: slow, plain, and without a line of the engine.

Only the actions are shared (they have tests of their own). JSON is read character by character by
a recursive descent that notes where everything stands; then the text is put together again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

WS = " \t\n\r"


@dataclass
class Value:
    start: int
    end: int = 0
    kind: str = ""
    items: list[Item] = field(default_factory=list)


@dataclass
class Item:
    name: str | int
    start: int
    value: Value
    comma: int | None = None


class Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in WS:
            self.at += 1

    def value(self) -> Value:
        self.space()
        found = Value(self.at)
        char = self.text[self.at]
        if char == "{":
            found.kind = "object"
            self.items(found, "}")
        elif char == "[":
            found.kind = "array"
            self.items(found, "]")
        elif char == '"':
            found.kind = "text"
            self.string()
        else:
            while self.at < len(self.text) and self.text[self.at] not in WS + ",]}":
                self.at += 1
            word = self.text[found.start : self.at]
            found.kind = {"true": "bool", "false": "bool", "null": "null"}.get(word, "number")
        found.end = self.at
        return found

    def string(self) -> str:
        start = self.at
        self.at += 1
        while self.text[self.at] != '"':
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.at += 1
        return json.loads(self.text[start : self.at])

    def items(self, container: Value, closer: str) -> None:
        self.at += 1
        self.space()
        while self.text[self.at] != closer:
            start = self.at
            name: str | int = len(container.items)
            if closer == "}":
                name = self.string()
                self.space()
                assert self.text[self.at] == ":"
                self.at += 1
            item = Item(name, start, self.value())
            container.items.append(item)
            self.space()
            if self.text[self.at] == ",":
                item.comma = self.at
                self.at += 1
            self.space()
        self.at += 1


@dataclass
class Count:
    matched: int = 0
    changed: int = 0
    nulled: int = 0
    absent: int = 0


class JsonOracle:
    """Rules as (steps, action) with None for every element."""

    def __init__(self, rules, *, ignore_case=False) -> None:
        self.rules = rules
        self.fold = str.lower if ignore_case else str
        self.counts = [Count() for _ in rules]

    def scrub(self, text: str) -> str:
        edits: list[tuple[int, int, str]] = []
        root = Reader(text).value()
        for (steps, action), count in zip(self.rules, self.counts, strict=True):
            hits: list[tuple[Value, Item | None, Value]] = []
            self.select(root, list(steps), None, root, hits)
            count.absent += not hits
            for parent, item, value in hits:
                count.matched += 1
                if action.removes:
                    count.changed += 1
                    value.kind = "dropped"
                    continue
                old = text[value.start : value.end]
                new, nulled = self.answer(action, value, old)
                count.changed += new != old
                count.nulled += nulled
                edits.append((value.start, value.end, new))
                del parent, item
        self.cut(root, edits)
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def select(self, value, steps, item, parent, hits) -> None:
        if not steps:
            hits.append((parent, item, value))
            return
        step, *rest = steps
        for child in value.items:
            if value.kind == "array" and step is None:
                self.select(child.value, rest, child, value, hits)
            named = value.kind == "object" and step is not None
            if named and self.fold(child.name) == self.fold(step):
                self.select(child.value, rest, child, value, hits)

    def answer(self, action, value, old):
        if value.kind == "null":
            return old, False
        new = None
        if value.kind == "text":
            text = json.loads(old)
            answer = action.on_text(text)
            if answer == text:
                return old, False
            ascii_only = old.isascii() or action.constant is not None
            ascii_only |= any("\ud800" <= c <= "\udfff" for c in answer or "")
            new = None if answer is None else json.dumps(answer, ensure_ascii=ascii_only)
        elif value.kind == "number":
            new = action.on_number(old)
        elif value.kind == "bool":
            answer = action.on_boolean(old == "true")
            new = None if answer is None else json.dumps(answer)
        return ("null", not action.nulls) if new is None else (new, False)

    def cut(self, value, edits) -> None:
        """Take dropped items out: each with the comma after it, a last run with the one before."""
        items = value.items
        last = len(items)
        while last and items[last - 1].value.kind == "dropped":
            last -= 1
        for item in items[:last]:
            if item.value.kind == "dropped":
                edits.append((item.start, item.comma + 1, ""))
            else:
                self.cut(item.value, edits)
        if last < len(items):
            start = items[last - 1].comma if last else items[0].start
            edits.append((start, items[-1].value.end, ""))


def read_csv(text, delimiter):  # noqa: C901 - plain is the point
    """Return records as (fields as spelled, line end), character by character."""
    records, fields, field, at = [], [], "", 0
    while at < len(text):
        char = text[at]
        if char == '"' and not field:
            end = at + 1
            while text[end] != '"' or text[end : end + 2] == '""':
                end += 2 if text[end] == '"' else 1
            field = text[at : end + 1]
            at = end + 1
        elif char == delimiter:
            fields.append(field)
            field = ""
            at += 1
        elif char == "\n" or text[at : at + 2] == "\r\n":
            line_end = "\n" if char == "\n" else "\r\n"
            records.append(([*fields, field], line_end))
            fields, field = [], ""
            at += len(line_end)
        else:
            field += char
            at += 1
    if fields or field:
        records.append(([*fields, field], ""))
    return records


class CsvOracle:
    """Rules as (column name, action); columns are numbered where there is no header."""

    def __init__(self, rules, *, delimiter=",", header=True) -> None:
        self.rules = rules
        self.delimiter = delimiter
        self.header = header
        self.counts = [Count() for _ in rules]

    def scrub(self, text: str) -> str:
        records = read_csv(text, self.delimiter)
        names = None
        out = []
        for fields, line_end in records:
            if fields == [""] and (names is None or len(names) > 1):
                out.append(line_end)
                continue
            if names is None:
                names = [self.read(f) if self.header else str(n + 1) for n, f in enumerate(fields)]
                if self.header:
                    out.append(self.join(fields, names) + line_end)
                    continue
            out.append(self.join(self.rewrite(fields, names), names) + line_end)
        return "".join(out)

    def join(self, fields, names):
        gone = {name for name, action in self.rules if action.removes}
        kept = [f for f, name in zip(fields, names, strict=True) if name not in gone]
        return '""' if len(kept) < len(names) and kept == [""] else self.delimiter.join(kept)

    def read(self, field):
        return field[1:-1].replace('""', '"') if field.startswith('"') else field

    def rewrite(self, fields, names):
        fields = list(fields)
        for (name, action), count in zip(self.rules, self.counts, strict=True):
            columns = [n for n, other in enumerate(names) if other == name]
            count.absent += not columns
            for n in columns:
                count.matched += 1
                if action.removes:
                    count.changed += 1
                    continue
                old, text = fields[n], self.read(fields[n])
                new = self.answer(action, text) if text else ""
                count.nulled += new is None and not action.nulls
                if (new or "") != text:
                    fields[n] = self.spell(new or "", old, alone=len(names) == 1)
                count.changed += fields[n] != old
        return fields

    def answer(self, action, text):
        new = action.on_text(text)
        if new is None and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            new = action.on_number(text)
        if new is None and text in ("true", "false"):
            answer = action.on_boolean(text == "true")
            new = None if answer is None else json.dumps(answer)
        return new

    def spell(self, text, old, *, alone):
        if not text:
            return '""' if alone else ""
        if old.startswith('"') or set(text) & {self.delimiter, '"', "\r", "\n"}:
            return '"' + text.replace('"', '""') + '"'
        return text
