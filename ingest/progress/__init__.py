"""How far the stream is stored: commit queue, marker, watermark, repair of clocks."""
