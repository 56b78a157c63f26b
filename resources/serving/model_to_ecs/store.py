"""Reading the model store on S3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ResponseStreamingError,
    TokenRetrievalError,
)

from .errors import ExitCode, LoadError
from .manifest import ModelFile
from .settings import Settings

_CHUNK = 1 << 20
_MAX_DOCUMENT = 16 << 20
_ATTEMPTS = 4
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
)
_INTERRUPTED = (HTTPClientError, IncompleteReadError, ResponseStreamingError)
_NOT_THERE = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}


@dataclass(frozen=True)
class Alias:
    """What an alias points at: a version, and the sha256 of that version's model.json."""

    version: str
    sha256: str


class ModelStore:
    """One prefix of one bucket, read with GetObject alone (no s3:ListBucket needed)."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.bucket
        self._prefix = settings.prefix
        self._s3 = boto3.client(
            "s3",
            region_name=settings.region,
            config=Config(
                connect_timeout=5,
                read_timeout=60,
                retries={"mode": "standard", "max_attempts": _ATTEMPTS},
                # Every byte is checked against model.json's sha256; S3-compatible stores lack the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def alias(self, name: str, alias: str) -> Alias:
        """Resolve an alias of a model."""
        key = self._key(name, "aliases", f"{alias}.json")
        try:
            document = json.loads(self._document(key, f"model {name!r} has no alias {alias!r}"))
            return Alias(str(document["version"]), str(document["sha256"]))
        except (ValueError, KeyError, TypeError) as error:
            raise LoadError(ExitCode.DIGEST_DIFFERS, f"{self._uri(key)} is not an alias file: {error!r}") from error

    def manifest(self, name: str, version: str) -> bytes:
        """Return the exact bytes of a version's model.json."""
        key = self._key(name, "versions", version, "model.json")
        return self._document(key, f"model {name!r} has no version {version!r}")

    def download(self, name: str, version: str, file: ModelFile, target: Path) -> None:
        """Write one of a version's files to ``target``, hashing it on the way.

        Raises LoadError 72 when size or sha256 differ from what model.json says.
        """
        key = self._key(name, "versions", version, file.path)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                size, sha256 = self._copy(key, file, target)
                break
            except _INTERRUPTED as error:
                if attempt == _ATTEMPTS:
                    raise self._explained(error, key, "") from error
        if size != file.bytes or sha256 != file.sha256:
            raise LoadError(
                ExitCode.DIGEST_DIFFERS,
                f"{self._uri(key)} has sha256 {sha256} ({size} bytes),"
                f" but model.json says {file.sha256} ({file.bytes} bytes); it is not loaded",
            )

    def _copy(self, key: str, file: ModelFile, target: Path) -> tuple[int, str]:
        digest = hashlib.sha256()
        size = 0
        with open(target, "wb") as out:
            for chunk in self._chunks(key, f"model.json names {file.path!r}, but it is not there"):
                size += len(chunk)
                if size > file.bytes:
                    break  # never more than what room was made for
                digest.update(chunk)
                out.write(chunk)
        return size, digest.hexdigest()

    def _document(self, key: str, missing: str) -> bytes:
        content = bytearray()
        try:
            for chunk in self._chunks(key, missing):
                content += chunk
                if len(content) > _MAX_DOCUMENT:
                    raise LoadError(ExitCode.NO_ROOM, f"{self._uri(key)} is larger than {_MAX_DOCUMENT} bytes")
        except _INTERRUPTED as error:
            raise self._explained(error, key, missing) from error
        return bytes(content)

    def _chunks(self, key: str, missing: str) -> Iterator[bytes]:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        except (ClientError, BotoCoreError) as error:
            raise self._explained(error, key, missing) from error
        with closing(body):
            yield from body.iter_chunks(_CHUNK)

    def _explained(self, error: Exception, key: str, missing: str) -> LoadError:
        uri = self._uri(key)
        if isinstance(error, _NO_CREDENTIALS):
            return LoadError(
                ExitCode.DENIED,
                f"no AWS credentials to read {uri}: give the task a role (taskRoleArn) with s3:GetObject ({error})",
            )
        if isinstance(error, ClientError):
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if code == "NoSuchBucket":
                return LoadError(ExitCode.NOT_FOUND, f"there is no bucket {self._bucket!r} ({uri})")
            if code in _NOT_THERE:
                return LoadError(ExitCode.NOT_FOUND, f"{missing} ({uri})")
            if status in (400, 401, 403):
                return LoadError(
                    ExitCode.DENIED,
                    f"reading {uri} was denied: {code}: {error.response['Error'].get('Message', '')}"
                    " (without s3:ListBucket S3 says so for a key that is not there, too)",
                )
        return LoadError(ExitCode.FAILED, f"reading {uri} failed: {error}")

    def _key(self, *parts: str) -> str:
        return "/".join((self._prefix, *parts) if self._prefix else parts)

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"
