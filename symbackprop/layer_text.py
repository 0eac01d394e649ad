"""A layer in plain text: from a file, or in one line.

A layer file is UTF-8 text. Blank lines and lines that start with # say nothing; `name:`, `source:` and
`assume:` lines say what the arguments of Layer of that name say; the first other line is the signature, which goes on
while a line ends with a comma or an arrow; every line after it is an equation.

    # Xavier's linear layer
    name: linear
    source: any textbook
    assume: N > 1
    x[N,D], W[D,H], b[H] -> z[N,H]
    z[n,h] = sum[d](x[n,d] * W[d,h]) + b[h]

In one line a semicolon parts signature and equations: x[N,D] -> y[N,D]; y = relu(x)
"""

from __future__ import annotations

from pathlib import Path

from symbackprop.layer import Layer

HEADERS = ("name", "source", "assume")
LARGEST = 1_000_000


def read_layer(source: str | Path, name: str = "") -> Layer:
    """The layer of a text that contains `->`, or of the file of that name.

    Raises OSError for a file that can't be read, ValueError for one that is no text or too long, NotationError for
    text that does not say a layer: its line is the line of the file.
    """
    if isinstance(source, str) and "->" in source:
        return _read(source, name or "layer")
    path = Path(source)
    return _read(_contents(path), name or path.stem)


def _contents(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"{path} is larger than {LARGEST:,} bytes; a layer is a few lines of text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 text (byte {error.start}); a layer is a few lines of text") from None


def _read(text: str, name: str) -> Layer:
    headers: dict[str, list[str]] = {}
    lines = [_without_header(line, headers) for line in text.splitlines()]
    signature, equations = _parted(lines)
    said = {key: "; ".join(values) for key, values in headers.items()}
    return Layer(
        said.get("name", name), signature, equations, source=said.get("source", ""), assume=said.get("assume", "")
    )


def _without_header(line: str, headers: dict[str, list[str]]) -> str:
    # What is no mathematics becomes a blank line, so that errors name the right line.
    if line.lstrip().startswith("#"):
        return ""
    key, colon, value = line.partition(":")
    if not colon or key.strip() not in HEADERS:
        return line
    headers.setdefault(key.strip(), []).append(value.strip())
    return ""


def _parted(lines: list[str]) -> tuple[str, str]:
    """Signature and equations, each with as many lines before it as in the text."""
    first = next((k for k, line in enumerate(lines) if line.strip()), len(lines))
    last, rest = first, ""
    while last < len(lines):
        head, semicolon, rest = lines[last].partition(";")
        goes_on = not semicolon and (
            not head.strip() or head.rstrip().endswith((",", "->")) or "->" not in "".join(lines[first : last + 1])
        )
        lines[last] = head
        if not goes_on:
            break
        last += 1
    return "\n".join(lines[: last + 1]), "\n" * last + "\n".join([rest, *lines[last + 1 :]])
