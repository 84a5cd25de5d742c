"""The workflow, its activity, and how to connect to Temporal."""

import os
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client

TASK_QUEUE = "orders"


@activity.defn
async def ship(order: str) -> str:
    """Ships the goods. Temporal may retry it, so it must be idempotent."""
    activity.logger.info("shipped %s", order)
    return f"{order}: shipped"


@workflow.defn
class Fulfil:
    """Ships an order."""

    @workflow.run
    async def run(self, order: str) -> str:
        return await workflow.execute_activity(ship, order, start_to_close_timeout=timedelta(seconds=10))


async def connect() -> Client:
    """Connects to the Temporal that stigmer-local sets for each process and for the command of `run`."""
    return await Client.connect(os.environ["TEMPORAL_ADDRESS"], namespace=os.environ["TEMPORAL_NAMESPACE"])
