// Stands for your worker: connects to Temporal, as its SDK would, and prints the address.
import { connect } from "node:net";

const [host, port] = process.env.TEMPORAL_ADDRESS.split(":");
const socket = connect({ host, port: Number(port) }, () => {
  console.log(`connected to ${process.env.TEMPORAL_ADDRESS}, namespace ${process.env.TEMPORAL_NAMESPACE}`);
  socket.end();
});
