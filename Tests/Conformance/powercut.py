"""The state of a disk after a loss of power, from the record that `powercut.c` makes of what a process did to it.

What was synchronised is there: the contents of a file after `fsync` of the file, its name after `fsync` of its folder. Of
the rest anything may be: writes are lost, kept, or torn in the middle, each on its own; names come and go in the order in
which they were given in one folder, up to some point.
"""

import os
import shutil
import struct


class File:
    def __init__(self, content=b""):
        self.durable = bytearray(content)
        self.pending = []

    def synchronise(self):
        for offset, data in self.pending:
            self.put(offset, data)
        self.pending = []

    def put(self, offset, data):
        if data is None:  # a truncation
            del self.durable[offset:]
            self.durable.extend(b"\0" * (offset - len(self.durable)))
        else:
            if len(self.durable) < offset:
                self.durable.extend(b"\0" * (offset - len(self.durable)))
            self.durable[offset:offset + len(data)] = data

    def lose(self, r):
        """What is left of writes that were not synchronised."""
        style = r.choice(["none", "all", "some", "beginning"])
        end = r.randrange(len(self.pending) + 1)
        for number, (offset, data) in enumerate(self.pending):
            if style == "none" or style == "some" and r.random() < 0.5 or style == "beginning" and number > end:
                continue
            torn = style in ("some", "beginning") and data and (number == end or r.random() < 0.1)
            self.put(offset, data[:r.randrange(0, len(data), 512)] if torn and len(data) > 512 else data)


class Disk:
    """A folder as of the beginning, to which a record is applied."""

    def __init__(self, root, heeds_syncs=True):
        self.root = root
        self.heeds_syncs = heeds_syncs
        self.names = {}  # as the process saw them
        self.durable = {}
        self.folders = {root}
        self.pending = {}  # by folder: changes of names that were not synchronised
        for folder, folders, files in os.walk(root):
            self.folders |= {os.path.join(folder, f) for f in folders}
            for name in files:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    self.names[path] = File(file.read())
        self.durable = dict(self.names)
        self.durable_folders = set(self.folders)

    def change(self, folder, *change):
        self.pending.setdefault(folder, []).append(change)

    def apply(self, journal):
        with open(journal, "rb") as file:
            record = file.read()
        position = 0
        while position + 5 <= len(record):
            kind, length = struct.unpack_from("<cI", record, position)
            position += 5
            path = os.path.normpath(record[position:position + length].decode())
            position += length
            if position + 12 > len(record):
                break
            offset, length = struct.unpack_from("<QI", record, position)
            position += 12
            data = record[position:position + length]
            position += length
            self.step(kind.decode(), path, offset, data)

    def step(self, kind, path, offset, data):
        folder = os.path.dirname(path)
        if kind == "C":
            self.names[path] = File()
            self.change(folder, "link", path, self.names[path])
        elif kind in "WT":
            if path in self.names:
                self.names[path].pending.append((offset, data if kind == "W" else None))
        elif kind == "S":
            if not self.heeds_syncs:
                return
            if path in self.folders:
                for change in self.pending.pop(path, []):
                    self.settle(*change)
            elif path in self.names:
                self.names[path].synchronise()
        elif kind == "R":
            new = os.path.normpath(data.decode())
            if path in self.folders:
                self.move_folder(path, new)
            elif path in self.names:
                self.names[new] = self.names.pop(path)
                self.change(os.path.dirname(new), "move", path, new, self.names[new])
        elif kind == "U":
            self.names.pop(path, None)
            self.change(folder, "unlink", path)
        elif kind == "D":
            self.folders.add(path)
            self.change(folder, "folder", path)
        elif kind == "X":
            self.folders.discard(path)
            self.change(folder, "no folder", path)

    def move_folder(self, path, new):
        inside = lambda p: p == path or p.startswith(path + "/")
        moved = lambda p: new + p[len(path):]
        self.folders = {moved(f) if inside(f) else f for f in self.folders}
        self.names = {moved(p) if inside(p) else p: f for p, f in self.names.items()}
        for folder in [f for f in self.pending if inside(f)]:
            self.pending[moved(folder)] = [tuple(moved(x) if isinstance(x, str) and inside(x) else x for x in c) for c in self.pending.pop(folder)]
        self.change(os.path.dirname(new), "move folder", path, new)

    def settle(self, kind, path, *rest):
        """Makes a change of names durable."""
        if kind == "link":
            self.durable[path] = rest[0]
        elif kind == "move":
            self.durable.pop(path, None)
            self.durable[rest[0]] = rest[1]
        elif kind == "unlink":
            self.durable.pop(path, None)
        elif kind == "folder":
            self.durable_folders.add(path)
        elif kind == "no folder":
            self.durable_folders.discard(path)
        else:
            new, inside = rest[0], lambda p: p == path or p.startswith(path + "/")
            self.durable = {new + p[len(path):] if inside(p) else p: f for p, f in self.durable.items()}
            self.durable_folders = {new + f[len(path):] if inside(f) else f for f in self.durable_folders}

    def cut(self, r):
        """Puts on the disk what a loss of power may leave; returns how many changes were in doubt."""
        doubtful = sum(map(len, self.pending.values())) + sum(len(f.pending) for f in self.durable.values())
        for changes in self.pending.values():
            for change in changes[:r.randrange(len(changes) + 1)]:
                self.settle(*change)
        shutil.rmtree(self.root)
        os.makedirs(self.root)
        reachable = lambda folder: folder == self.root or folder in self.durable_folders and reachable(os.path.dirname(folder))
        for folder in self.durable_folders:
            if reachable(folder):
                os.makedirs(folder, exist_ok=True)
        for path, file in self.durable.items():
            if not reachable(os.path.dirname(path)) or path.endswith("-shm"):  # shared memory does not survive
                continue
            file.lose(r)
            with open(path, "wb") as out:
                out.write(file.durable)
        return doubtful
