from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "sync.cli.main", "sandbox", "up", "--port", "0", "--size", "empty"]


@pytest.mark.parametrize(
    ("number", "code"),
    [pytest.param(signal.SIGINT, 130, id="Ctrl-C"), pytest.param(signal.SIGTERM, 143, id="SIGTERM")],
)
def test_the_sandbox_ends_with_the_command_that_started_it(number: int, code: int) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        COMMAND, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=os.environ, start_new_session=True
    ) as child:
        assert child.stdout is not None
        url = json.loads(child.stdout.readline())["url"]
        child.send_signal(number)

        try:
            assert child.wait(20) == code
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)  # the group that was made above

    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.PoolManager(retries=False, timeout=2).request("GET", f"{url}/_sandbox/")
