"""A way to a server at a given pace and delay: ``python -m tests.stage.slow_link FAR NEAR MBIT DELAY_MS``."""

import asyncio
import sys
import time


class Line:
    """One direction, shared by all connections: bytes leave one after the other, and arrive later."""

    def __init__(self, megabits: float, delay: float) -> None:
        self.pace, self.delay, self.free_at = megabits * 1e6 / 8, delay, 0.0

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Until the source ends."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(queue, target))
        try:
            while data := await source.read(16_384):
                self.free_at = max(self.free_at, time.monotonic()) + len(data) / self.pace
                queue.put_nowait((self.free_at + self.delay, data))
                await asyncio.sleep(max(self.free_at - time.monotonic() - 0.01, 0))
        except ConnectionError:
            pass
        queue.put_nowait((0.0, b""))
        await delivery

    @staticmethod
    async def _deliver(queue: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        try:
            while (item := await queue.get())[1]:
                await asyncio.sleep(max(item[0] - time.monotonic(), 0))
                target.write(item[1])
                await target.drain()
        except ConnectionError:
            pass
        finally:
            target.close()


async def serve(far: int, near: int, megabits: float, delay: float) -> None:
    """Carry connections from the near port to the far one, for ever."""
    there, back = Line(megabits, delay / 2), Line(megabits, delay / 2)

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", far)
        await asyncio.gather(there.carry(reader, far_writer), back.carry(far_reader, writer))

    server = await asyncio.start_server(link, "127.0.0.1", near)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]) / 1000))
