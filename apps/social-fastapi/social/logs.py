"""One line of JSON for each message, with the fields of the TypeScript host's log."""
import json
import logging
import os
import re
import sys
import time
import traceback
from urllib.parse import unquote

from tearline_seam.call import current_call

PID = os.getpid()
# As in libs/host/src/logging/redact-url.ts.
SECRET_NAME = re.compile(
    r"token|ticket|passw|passphrase|pwd|secret|key|code|signature|auth(?!or(?!i[sz]))|jw[tse]|bearer|credential|session|cookie"
    r"|assertion|otp|(?:^|[^a-z])(?:sig|sid|pin|pass|cred|hmac)(?![a-z])",
    re.I,
)


def redact_url(url: str) -> str:
    """Returns a URL without the values of confidential parameters."""
    path, *parts = re.split(r"(?=[?&;])", url)

    def redacted(part: str) -> str:
        name = re.split(r"=|%(?:25)*3d", part, flags=re.I)[0]
        has_secret = SECRET_NAME.search(unquote(unquote(unquote(part))))
        return f"{name}=[redacted]" if has_secret and name != part else part

    encoded = re.search(r"%(?:25)*(?:3[fb]|26)", path, re.I)
    if encoded and SECRET_NAME.search(unquote(unquote(unquote(path[encoded.start() :])))):
        path = path[: encoded.start()] + "[redacted]"
    return "".join([path, *map(redacted, parts)])


class Log:
    """Writes lines of a level, and those of Python's loggers."""

    def __init__(self, level: int):
        self.level = level
        handler = ForwardingHandler(self)
        logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
        for name in ("uvicorn", "asyncio", "fastapi"):
            logging.getLogger(name).setLevel(logging.WARNING)

    def write(self, level: int, message: str, **fields: object) -> None:
        if level < self.level:
            return
        line = {"level": level, "time": int(time.time() * 1000), "pid": PID, **fields, "msg": message}
        sys.stdout.write(json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str) + "\n")
        sys.stdout.flush()

    def error(self, error: BaseException, **fields: object) -> None:
        """Logs an unexpected error, without the values that a database's error has."""
        call = current_call()
        stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        err = {"type": type(error).__name__, "message": str(error), "stack": stack}
        self.write(50, "unexpected error", err=err, **({"requestId": call.request_id} if call else {}), **fields)


class ForwardingHandler(logging.Handler):
    """Takes the lines of libraries, whose levels are two thirds of ours."""

    def __init__(self, log: Log):
        super().__init__()
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1]:
            self.log.error(record.exc_info[1], **fields)
        else:
            self.log.write(record.levelno + 10, record.getMessage(), context=record.name, **fields)
