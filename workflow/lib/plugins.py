"""Models, metrics, perturbations and plots are single files found by name."""

import ast
import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from functools import cache
from pathlib import Path

from workflow.lib.errors import BadInput, instead_of, nearest, said_by

ROOT = Path(__file__).resolve().parents[2]


def plugin_path(folder, name):
    """Path of plug-in `name` in workflow/`folder`, or of a user's own .py file; BadInput names the file looked for."""
    path = Path(name) if str(name).endswith(".py") else ROOT / "workflow" / folder / f"{name}.py"
    if not path.is_file() or not (str(name).endswith(".py") or re.fullmatch(r"\w+", str(name))):
        known = sorted(p.stem for p in (ROOT / "workflow" / folder).glob("*.py"))
        near = instead_of(path) if str(name).endswith(".py") else f"; the nearest names are {nearest(str(name), known)}"
        raise BadInput(f"no {folder} plug-in '{name}': looked for {path}{near}")
    return path


def load_plugin(folder, name):
    """Import plug-in `name` of workflow/`folder`, or a user's own Python file when `name` ends in .py."""
    path = plugin_path(folder, name)
    if not str(name).endswith(".py"):
        return importlib.import_module(f"workflow.{folder}.{name}")
    label = "user_" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(label, path)
    module = importlib.util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # a user's file may import its neighbours
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        where = f"beside it nor installed in this job's environment ({sys.prefix}/bin/python -m pip install ... does that)"
        raise BadInput(f"{path} imports {error.name}, which is neither {where}") from error
    except (BadInput, OSError, MemoryError):
        raise
    except Exception as error:  # whatever its first lines do
        raise BadInput(f"{path} cannot be imported: {said_by(error)}") from error
    return module


def source_of(path):
    """The bytes of a Python file; BadInput where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"the plug-in {path} cannot be read: {error.strerror}") from error


def syntax_of(path, text=None):
    """The syntax tree of the Python file at `path`, or of its `text` where that is known; BadInput where it is no Python."""
    try:
        return ast.parse(source_of(path) if text is None else text, str(path))
    except SyntaxError as error:
        raise BadInput(f"{path}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}") from error
    except (ValueError, RecursionError, MemoryError) as error:  # ValueError: null bytes
        raise BadInput(f"the plug-in {path} is no Python: {error}") from error


@cache  # by the text itself, so never stale: a plan asks the same few files of every job
def assigned(path, text):
    """What the top level of a Python file assigns, by name: syntax."""
    nodes = [node for node in syntax_of(path, text).body if isinstance(node, ast.Assign)]
    return {getattr(target, "id", None): node.value for node in nodes for target in node.targets}


def constant_of(path, name, default):
    """Value of the literal constant `name` of the Python file at `path`, read without importing it; `default` without one."""
    values = assigned(path, source_of(path))
    try:
        return ast.literal_eval(values[name]) if name in values else default
    except (ValueError, TypeError) as error:
        raise BadInput(f"the plug-in {path}: {name} must be a literal, such as True or a tuple of names") from error


def check_plugin(folder, name, functions, given=(), options=None):
    """Raise BadInput unless plug-in `name` has one of `functions` and this takes `options` besides the arguments `given`.

    It is read, not imported, so that a slip is known before any work; what it imports or assigns itself is not looked into.
    options: None where only the one who calls it knows them.
    """
    path = plugin_path(folder, name)
    body = syntax_of(path).body
    defined = {node.name: node.args for node in body if isinstance(node, ast.FunctionDef)}
    if found := [function for function in functions if function in defined]:
        if options is not None:
            check_options(Declared(defined[found[0]]), given, options, f"{folder} plug-in '{name}'")
    elif not any(isinstance(node, (ast.Import, ast.ImportFrom, ast.Assign)) and brings(node, functions) for node in body):
        raise BadInput(f"the {folder} plug-in '{name}' has no {' or '.join(functions)}(): {path}")


def brings(node, names):
    """Whether an import or an assignment gives one of `names` its meaning; a star may."""
    if isinstance(node, ast.Assign):
        return any(getattr(target, "id", None) in names for target in node.targets)
    return any((alias.asname or alias.name) in {*names, "*"} for alias in node.names)


class Declared:
    """A function as its file declares it, with a signature and nothing to call."""

    def __init__(self, arguments):
        kinds, empty = inspect.Parameter, inspect.Parameter.empty
        plain = [(a.arg, kinds.POSITIONAL_ONLY) for a in arguments.posonlyargs]
        plain += [(a.arg, kinds.POSITIONAL_OR_KEYWORD) for a in arguments.args]
        defaults = [empty] * (len(plain) - len(arguments.defaults)) + arguments.defaults
        parameters = [kinds(name, kind, default=own) for (name, kind), own in zip(plain, defaults, strict=True)]
        parameters += [kinds(arguments.vararg.arg, kinds.VAR_POSITIONAL)] if arguments.vararg else []
        for keyword, own in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            parameters.append(kinds(keyword.arg, kinds.KEYWORD_ONLY, default=empty if own is None else own))
        parameters += [kinds(arguments.kwarg.arg, kinds.VAR_KEYWORD)] if arguments.kwarg else []
        self.__signature__ = inspect.Signature(parameters)

    def __call__(self):
        """Nothing: `inspect.signature` asks whether it can be called."""


def check_options(function, given, options, where):
    """Raise BadInput unless a plug-in's function, given the arguments `given`, takes `options` and needs no more."""
    try:
        inspect.signature(function).bind(*given, **options)
    except TypeError as error:
        raise BadInput(f"{where} cannot be used with the options {options}: {error}") from error
