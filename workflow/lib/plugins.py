"""Models, metrics, perturbations and plots are single files found by name."""

import ast
import hashlib
import importlib
import importlib.util
import inspect
import sys
from pathlib import Path

from workflow.lib.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]


def plugin_path(folder, name):
    """Path of plug-in `name` in workflow/`folder`, or of a user's own .py file; BadInput names the file looked for."""
    path = Path(name) if str(name).endswith(".py") else ROOT / "workflow" / folder / f"{name}.py"
    if not path.is_file():
        known = sorted(p.stem for p in (ROOT / "workflow" / folder).glob("*.py"))
        raise BadInput(f"no {folder} plug-in '{name}': looked for {path}; there are {', '.join(known)}")
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
    spec.loader.exec_module(module)
    return module


def constant_of(path, name, default):
    """Value of the literal constant `name` of the Python file at `path`, read without importing it; `default` without one."""
    for node in ast.parse(Path(path).read_text()).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", None) == name for target in node.targets):
            return ast.literal_eval(node.value)
    return default


def check_options(function, given, options, where):
    """Raise BadInput unless a plug-in's function, given the arguments `given`, takes `options` and needs no more."""
    try:
        inspect.signature(function).bind(*given, **options)
    except TypeError as error:
        raise BadInput(f"{where} cannot be used with the options {options}: {error}") from error
