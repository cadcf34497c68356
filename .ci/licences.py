#!/usr/bin/env python3
"""Refuses dependencies whose licence is not on the list. Needs no network: cargo knows every crate's manifest."""

import json
import re
import subprocess
import sys

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib",
}


def acceptable(expression):
    """An SPDX expression in which OR offers a choice and AND asks for all; old manifests write `/` for OR."""
    expression = expression.replace("/", " OR ").replace("(", " ( ").replace(")", " ) ")
    expression = re.sub(r"(\S+)\s+WITH\s+(\S+)", r"\1_WITH_\2", expression)
    words = []
    for word in expression.split():
        if word in ("(", ")"):
            words.append(word)
        elif word in ("OR", "AND"):
            words.append(word.lower())
        else:
            words.append(str(word.replace("_WITH_", " WITH ") in ALLOWED))
    return bool(words) and eval(" ".join(words), {"__builtins__": {}})


def main():
    run = subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"], check=True, stdout=subprocess.PIPE)
    packages = json.loads(run.stdout)["packages"]
    refused = [
        f"{package['name']} {package['version']}: {package['license'] or 'no licence expression'}"
        for package in packages
        if not acceptable(package["license"] or "")
    ]
    for line in refused:
        print(f"licence not on the list: {line}", file=sys.stderr)
    print(f"licences of {len(packages)} crates checked")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
