"""What training and testing read: micro-batches by their numbers."""

from typing import Any, NamedTuple, TypeVar

from torch.utils.data import Dataset

Batch = TypeVar("Batch", bound=NamedTuple)
Batch_co = TypeVar("Batch_co", bound=NamedTuple, covariant=True)


class Batches(Dataset[Batch_co]):
    """Number of a micro-batch -> its tensors."""

    def names(self, number: int) -> list[str]:
        """Return the release and id of each of its pairs, for messages."""
        raise NotImplementedError

    def shown(self, batch: Any) -> Any:
        """Return the batch, which is on the device by now, as the model reads it."""
        return batch
