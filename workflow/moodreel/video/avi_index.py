"""An AVI's index, which tells how many frames are lost where the file is damaged."""

import av

CHUNK_HEADER_BYTES = 8
"""A chunk's name and size, at which the index points; a packet's place is behind them."""


class AviIndex:
    """Sets packets to the stamps that their file's index has for them.

    FFmpeg counts the frames that it finds, so those that are lost in a hole would move all later ones. Other containers
    store times, and are left alone.
    """

    def __init__(self, stream: av.VideoStream | av.AudioStream) -> None:
        self._stamps: dict[int, int] = {}
        self._found = self._lost = self._waiting = 0
        self._decoder: av.VideoCodecContext | None = None
        if isinstance(stream, av.VideoStream) and stream.container.format.name == "avi":
            self._decoder = stream.codec_context
            for entry in stream.index_entries:  # the first counts where several point to one chunk
                self._stamps.setdefault(entry.pos + CHUNK_HEADER_BYTES, entry.timestamp)

    def correct(self, packet: av.Packet) -> None:
        """Move the packet's stamps by the frames that are lost before it.

        The first packets behind a hole keep theirs, since for them the decoder gives out frames that it still holds.
        """
        if self._decoder is None or packet.dts is None or packet.pos is None:
            return
        stamp = self._stamps.get(packet.pos, packet.dts)
        if stamp - packet.dts > self._found:
            self._found, self._waiting = stamp - packet.dts, self._decoder.reorder_depth
        if self._waiting:
            self._waiting -= 1
        else:
            self._lost = self._found
        if self._lost:
            packet.dts += self._lost
            if packet.pts is not None:
                packet.pts += self._lost
