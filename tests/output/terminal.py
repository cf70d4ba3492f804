"""What a command prints on a terminal."""

import fcntl
import os
import pty
import struct
import subprocess
import termios


def terminal_output(command, columns=80, environment=None):
    """The bytes that a command prints on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs,
                             stderr=subprocess.DEVNULL, env=environment)
    os.close(theirs)
    output = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        output += piece
    child.wait()
    os.close(ours)
    return output
