"""Counters that the dashboard reads by name."""

_counters = {}


def count(name):
    _counters[name] = _counters.get(name, 0) + 1


def value(name):
    return _counters.get(name, 0)


def reads():
    # The name is agreed with the operations team; it is not the name of a function.
    return value("fetch_data.reads")
