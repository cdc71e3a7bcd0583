"""Parses C# files and names those with a syntax error. `parse.py <directory>`."""

import sys
from pathlib import Path

import tree_sitter_c_sharp
from tree_sitter import Language, Parser

parser = Parser(Language(tree_sitter_c_sharp.language()))
files = sorted(Path(sys.argv[1]).rglob("*.cs"))


def first_error(node):
    if node.is_error or node.is_missing:
        return node
    return next((found for child in node.children if child.has_error or child.is_missing for found in [first_error(child)] if found), None)


broken = 0
for file in files:
    error = first_error(parser.parse(file.read_bytes()).root_node)
    if error is not None:
        broken += 1
        print(f"{file}:{error.start_point[0] + 1}: syntax error", file=sys.stderr)
print(len(files))
sys.exit(1 if broken or not files else 0)
