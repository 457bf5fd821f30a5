"""Part of `make check`: no module of the product above 350 lines, no function above 50, and of what tests and measures
it none above 400 and 60; no two test files of one name.

Test files of rooms that are no packages are imported by their bare names; of two of a name pytest collects none at all.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
# Lines of a module, lines of a function.
LIMITS = {
    "hdfs2oss": (350, 50),
    "jobs": (350, 50),
    "distribution": (400, 60),
    "tests": (400, 60),
    "benchmarks": (400, 60),
}


def complaints(path: Path, module_lines: int, function_lines: int) -> Iterator[str]:
    source = path.read_text()
    lines = len(source.splitlines())
    if lines > module_lines:
        yield f"{path}: {lines} lines, the limit is {module_lines}"
    for node in ast.walk(ast.parse(source, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > function_lines:
                limit = f"the limit is {function_lines}"
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, {limit}"


def namesakes(tests: Path) -> Iterator[str]:
    seen: dict[str, Path] = {}
    for path in sorted(tests.rglob("test_*.py")):
        if not (path.parent / "__init__.py").exists() and seen.setdefault(path.name, path) != path:
            yield f"{path}: another test file has this name: {seen[path.name]}"


def main() -> int:
    found = [
        line
        for room, limits in LIMITS.items()
        for path in sorted((PROJECT / room).rglob("*.py"))
        for line in complaints(path, *limits)
    ]
    found += namesakes(PROJECT / "tests")
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
