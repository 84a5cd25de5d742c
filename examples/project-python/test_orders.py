"""Runs beside the worker that stigmer-local started: `make test`, or `stigmer-local run -- .venv/bin/python -m unittest`."""

import asyncio
import unittest
from uuid import uuid4

from orders import TASK_QUEUE, Fulfil, connect


class OrdersTest(unittest.IsolatedAsyncioTestCase):
    async def test_an_order_is_shipped(self) -> None:
        client = await connect()
        delivery = await client.execute_workflow(Fulfil.run, "a book", id=str(uuid4()), task_queue=TASK_QUEUE)
        self.assertEqual(delivery, "a book: shipped")

    async def asyncTearDown(self) -> None:
        # Python may abort if it exits while the SDK's thread hands over the result (temporalio/sdk-python#300).
        await asyncio.sleep(0.1)
