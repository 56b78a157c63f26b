"""gunicorn's threaded worker, stopping without losing a request."""

from __future__ import annotations

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):
    """Answers also those who were connected, but not yet accepted, when the stop came.

    gunicorn stops accepting but keeps listening while it finishes its requests: whoever connects
    meanwhile waits for nothing and is reset in the end. Here the queue is taken in and the socket
    closed at once, so that others are told immediately.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Switch accepting; when stopping, take in the queue and close the sockets."""
        stopping = not enabled and not self.alive
        super().set_accept_enabled(enabled)
        if stopping:
            while self.sockets:
                listener = self.sockets.pop()
                self._accept_waiting(listener)
                listener.close()

    def _accept_waiting(self, listener: object) -> None:
        before = -1
        while before != self.nr_conns:  # accept() counts what it takes in
            before = self.nr_conns
            self.accept(listener)
