import io


class Chunks(io.RawIOBase):
    """A source that hands out pieces of a given size."""

    def __init__(self, data, size):
        super().__init__()
        self.data, self.size = data, size

    def read(self, _=-1):
        piece, self.data = self.data[: self.size], self.data[self.size :]
        return piece
