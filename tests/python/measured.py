"""Runs a command and writes down what it took of the machine.

    measured.py RESULT.json PROGRAM [ARGUMENT …]

The result: wall seconds, CPU seconds (user and system, of all threads, from wait4), the highest VmHWM
that was seen (bytes), and the exit status. The command's stderr is passed on, its stdout is dropped.
"""

import json
import os
import subprocess
import sys
import threading
import time


def watch(pid, ended, peak):
    """Reads the peak of the resident memory, which is gone with the process, every two milliseconds."""
    while not ended.wait(0.002):
        try:
            with open(f"/proc/{pid}/status") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        peak[0] = max(peak[0], int(line.split()[1]) * 1024)
        except OSError:
            return


def main():
    result, command = sys.argv[1], sys.argv[2:]
    ended, peak = threading.Event(), [0]
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    watcher = threading.Thread(target=watch, args=(process.pid, ended, peak))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    measured = {
        "wall_seconds": wall,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_resident_bytes": peak[0],
        "status": process.returncode,
    }
    with open(result, "w") as file:
        json.dump(measured, file)


if __name__ == "__main__":
    main()
