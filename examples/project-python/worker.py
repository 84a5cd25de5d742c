import asyncio
import logging
import signal
from datetime import timedelta

from temporalio.worker import Worker

from orders import TASK_QUEUE, Fulfil, connect, ship


async def main() -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    client = await connect()
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Fulfil],
        activities=[ship],
        # Less than the stop_timeout of the project file, 10 s by default.
        graceful_shutdown_timeout=timedelta(seconds=5),
    )
    async with worker:
        await stopping.wait()


logging.basicConfig(level=logging.INFO)
asyncio.run(main())
