// The connection to the platform. Node's own stream over a pipe handle, `net.Socket`, costs half a
// megabyte in every idle function and milliseconds at its start, so the handle is used as it is
// where Node still hands it out, and `net` where it does not.
"use strict";

const FD = 3;

/**
 * `received(count)`: that many bytes are in `buffer`; `ended()`: the platform is gone.
 * Gives `write(bytes)` and `isBusy()`: true while written bytes must not be touched.
 */
function open(buffer, received, ended) {
  return openHandle(buffer, received, ended) ?? openStream(buffer, received, ended);
}

function openHandle(buffer, received, ended) {
  let pipes;
  let streams;
  try {
    pipes = process.binding("pipe_wrap");
    streams = process.binding("stream_wrap");
  } catch {
    return undefined;
  }
  const { Pipe, constants } = pipes;
  const { WriteWrap, kLastWriteWasAsync, kReadBytesOrError, streamBaseState } = streams;
  if (typeof Pipe?.prototype.useUserBuffer !== "function" || WriteWrap === undefined) {
    return undefined;
  }
  const handle = new Pipe(constants.SOCKET);
  handle.open(FD);
  handle.useUserBuffer(buffer);
  handle.onread = () => {
    const count = streamBaseState[kReadBytesOrError];
    if (count > 0) received(count);
    else if (count < 0) ended();
  };
  handle.readStart();
  let unsent = 0;
  const write = (bytes) => {
    const request = new WriteWrap();
    request.oncomplete = () => {
      unsent -= 1;
    };
    if (handle.writeBuffer(request, bytes) !== 0) {
      ended();
      return;
    }
    if (streamBaseState[kLastWriteWasAsync]) {
      // Held by the request: the bytes are sent later.
      request.bytes = bytes;
      unsent += 1;
    }
  };
  return { write, isBusy: () => unsent > 0 };
}

function openStream(buffer, received, ended) {
  const net = require("net");
  const socket = new net.Socket({
    fd: FD,
    readable: true,
    writable: true,
    onread: {
      buffer,
      callback: (count) => {
        received(count);
        return true;
      },
    },
  });
  socket.on("end", ended);
  socket.on("error", ended);
  socket.on("close", ended);
  socket.resume();
  return { write: (bytes) => socket.write(bytes), isBusy: () => socket.writableLength > 0 };
}

module.exports = { open };
