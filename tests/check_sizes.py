"""Part of `make check`: no module of the product above 350 lines, no function above 50; no two test files of one name.

Test files of rooms that are no packages are imported by their bare names; of two of a name pytest collects none at all.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
ROOMS = ("hdfs2oss", "jobs")
MAX_MODULE_LINES = 350
MAX_FUNCTION_LINES = 50


def complaints(path: Path) -> Iterator[str]:
    source = path.read_text()
    lines = len(source.splitlines())
    if lines > MAX_MODULE_LINES:
        yield f"{path}: {lines} lines, the limit is {MAX_MODULE_LINES}"
    for node in ast.walk(ast.parse(source, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                limit = f"the limit is {MAX_FUNCTION_LINES}"
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, {limit}"


def namesakes(tests: Path) -> Iterator[str]:
    seen: dict[str, Path] = {}
    for path in sorted(tests.rglob("test_*.py")):
        if not (path.parent / "__init__.py").exists() and seen.setdefault(path.name, path) != path:
            yield f"{path}: another test file has this name: {seen[path.name]}"


def main() -> int:
    found = [line for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py")) for line in complaints(path)]
    found += namesakes(PROJECT / "tests")
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
