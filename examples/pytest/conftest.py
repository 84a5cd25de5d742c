"""One ephemeral Temporal for the whole run; with pytest-xdist one for each worker."""

import os
import subprocess

import pytest

# Prints how clients connect, then runs until its stdin is closed: at the end of the run, also if pytest is killed.
UNTIL_EOF = 'echo "$TEMPORAL_ADDRESS $TEMPORAL_NAMESPACE"; exec cat >/dev/null'


@pytest.fixture(scope="session", autouse=True)
def temporal():
    """The address of Temporal, also in TEMPORAL_ADDRESS."""
    command = ["stigmer-local", "run", "--ephemeral", "--", "sh", "-c", UNTIL_EOF]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        line = server.stdout.readline().split()
        if not line:
            pytest.exit("stigmer-local could not start Temporal", returncode=1)
        os.environ["TEMPORAL_ADDRESS"], os.environ["TEMPORAL_NAMESPACE"] = line
        yield line[0]
