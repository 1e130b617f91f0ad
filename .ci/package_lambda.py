"""Packs a Lambda's binary into a zip file that is the same, byte for byte, for the same binary.

    python3 package_lambda.py BINARY ZIP --glibc 2.34 [--private PATH …]

Refuses a binary that Amazon Linux 2023 can't run (a newer glibc, libraries that it lacks), and one
that tells where it was built: none of the `--private` paths may be in it. Prints what was made.
Python's standard library only: the ELF file is read here, so that no binutils are needed.
"""

import argparse
import hashlib
import struct
import sys
import zipfile
from pathlib import Path

MACHINES = {62: "x86_64", 183: "arm64"}
SECTION_DYNAMIC = 6
SECTION_VERSIONS_NEEDED = 0x6FFFFFFE
DYNAMIC_NEEDED = 1
# What glibc itself consists of; the rest must be linked statically.
LIBRARIES = {
    "libc.so.6",
    "libm.so.6",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
}


class Elf:
    """The parts of a 64-bit little-endian ELF file that say what it needs to run."""

    def __init__(self, data: bytes) -> None:
        if data[:6] != b"\x7fELF\x02\x01":
            raise ValueError("no 64-bit little-endian ELF file")
        self.data = data
        (self.machine,) = struct.unpack_from("<H", data, 18)
        (sections_at,) = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        # of each section: type, offset, size, index of the section with its strings
        self.sections = []
        for index in range(count):
            _, kind, _, _, offset, length, link = struct.unpack_from("<IIQQQQI", data, sections_at + index * size)
            self.sections.append((kind, offset, length, link))

    def _string(self, table: int, offset: int) -> str:
        start = self.sections[table][1] + offset
        return self.data[start : self.data.index(b"\0", start)].decode()

    def needed_libraries(self) -> list[str]:
        names = []
        for kind, offset, length, link in self.sections:
            if kind == SECTION_DYNAMIC:
                for at in range(offset, offset + length, 16):
                    tag, value = struct.unpack_from("<QQ", self.data, at)
                    if tag == DYNAMIC_NEEDED:
                        names.append(self._string(link, value))
        return sorted(names)

    def needed_versions(self) -> set[str]:
        """Such as `GLIBC_2.34`, of all libraries."""
        versions = set()
        for kind, offset, _, link in self.sections:
            if kind != SECTION_VERSIONS_NEEDED:
                continue
            library_at = offset
            while True:
                _, count, _, first, following = struct.unpack_from("<HHIII", self.data, library_at)
                version_at = library_at + first
                for _ in range(count):
                    _, _, _, name, distance = struct.unpack_from("<IHHII", self.data, version_at)
                    versions.add(self._string(link, name))
                    version_at += distance
                if following == 0:
                    break
                library_at += following
        return versions


def glibc_versions(elf: Elf) -> list[tuple[int, ...]]:
    return sorted(
        tuple(map(int, version.removeprefix("GLIBC_").split(".")))
        for version in elf.needed_versions()
        if version.startswith("GLIBC_") and version[len("GLIBC_")].isdigit()
    )


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def problems(elf: Elf, newest_glibc: tuple[int, ...], private: list[str]) -> list[str]:
    found = []
    versions = glibc_versions(elf)
    if not versions:
        found.append("needs no glibc version at all: not the binary that was meant?")
    elif versions[-1] > newest_glibc:
        found.append(f"needs glibc {dotted(versions[-1])}; Amazon Linux 2023 has {dotted(newest_glibc)}")
    if "GLIBC_PRIVATE" in elf.needed_versions():
        found.append("uses glibc's private functions, which differ from build to build")
    if unknown := set(elf.needed_libraries()) - LIBRARIES:
        found.append(f"needs libraries that are not part of glibc: {', '.join(sorted(unknown))}")
    found += [f"contains the path {path}" for path in private if path.encode() in elf.data]
    return found


def write_zip(data: bytes, path: Path) -> None:
    """One file, `bootstrap`, executable, at zip's first possible time."""
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o100755 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=9)


def main() -> int:
    parser = argparse.ArgumentParser(description="Packs a Lambda's binary, reproducibly.")
    parser.add_argument("binary", type=Path)
    parser.add_argument("zip", type=Path)
    parser.add_argument("--glibc", required=True, help="the newest version that may be needed")
    parser.add_argument("--private", action="append", default=[], help="a path that must not be in the binary")
    arguments = parser.parse_args()

    data = arguments.binary.read_bytes()
    elf = Elf(data)
    newest = tuple(map(int, arguments.glibc.split(".")))
    if found := problems(elf, newest, arguments.private):
        for problem in found:
            print(f"{arguments.binary}: {problem}", file=sys.stderr)
        return 1

    arguments.zip.parent.mkdir(parents=True, exist_ok=True)
    write_zip(data, arguments.zip)
    packed = arguments.zip.read_bytes()
    print(arguments.zip)
    print(f"  zip     {len(packed):>10,} bytes  sha256 {hashlib.sha256(packed).hexdigest()}")
    print(f"  binary  {len(data):>10,} bytes  sha256 {hashlib.sha256(data).hexdigest()}")
    print(f"  for     {MACHINES.get(elf.machine, elf.machine)}, glibc {arguments.glibc} or later")
    print(f"  needs   glibc {', '.join(map(dotted, glibc_versions(elf)))}")
    print(f"  links   {', '.join(elf.needed_libraries())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
