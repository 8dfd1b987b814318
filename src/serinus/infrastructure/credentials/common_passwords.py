"""Passwords that too many people use, from the lists that zxcvbn ships."""

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

from serinus.domain.identity.passwords import MIN_LENGTH


def common_passwords() -> frozenset[str]:
    """Lower case, and only those long enough to be accepted otherwise.

    The lists are loaded past the import system: importing zxcvbn would build its
    dictionaries, and keep names and films in memory for as long as the service runs.
    """
    package = find_spec("zxcvbn")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec("frequency_lists", places)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("zxcvbn.frequency_lists", name="zxcvbn")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    listed = module.FREQUENCY_LISTS["passwords"]
    return frozenset(word.lower() for word in listed if len(word) >= MIN_LENGTH)
