"""Asks the package in /work under its new name (the argument) and prints the answers as JSON."""

import importlib
import io
import json
import pathlib
import sys
import tokenize

WORK = pathlib.Path("/work")
OLD = "fetch_data"
new = sys.argv[1]


def attempt(question):
    try:
        return question()
    except BaseException as error:  # the package is the agent's work and may do anything
        return f"{type(error).__name__}: {error}"


def names_in(path):
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    return {token.string for token in tokens if token.type == tokenize.NAME}


def identifiers():
    files = sorted((WORK / "shop").rglob("*.py")) + sorted((WORK / "tests").rglob("*.py"))
    found = set().union(*map(names_in, files)) if files else set()
    return {"old": OLD in found, "new": new in found}


def module(name):
    return importlib.import_module(name)


def reads_counted():
    before = module("shop.metrics").value("fetch_data.reads")
    getattr(module("shop.api"), new)("stock")
    metrics = module("shop.metrics")
    return [metrics.value("fetch_data.reads") - before, metrics.reads() - before]


sys.path.append(str(WORK))
sys.dont_write_bytecode = True
kept, sys.stdout = sys.stdout, io.StringIO()
results = {
    "rows": attempt(lambda: len(getattr(module("shop.api"), new)("orders"))),
    "exported": attempt(lambda: set(module("shop").__all__) == {new, "prefetch_data"}),
    "pieces": attempt(lambda: module("shop.orders").pieces_ordered("lamp")),
    "largest": attempt(lambda: module("shop.orders").largest_order()),
    "missing": attempt(lambda: module("shop.stock").missing()),
    "shown": attempt(lambda: len(module("shop.cli").run("show", "stock"))),
    "prefetched": attempt(lambda: module("shop.api").prefetch_data("orders", "stock")),
    "reads": attempt(reads_counted),
    "identifiers": attempt(identifiers),
}
sys.stdout = kept
print(json.dumps(results))
