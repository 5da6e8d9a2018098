// TLS before a server that speaks plain TCP, with an authority of this run's own.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { promisify } from "node:util";

const openssl = (...words) => promisify(execFile)("openssl", words);

// Makes an authority and a certificate for 127.0.0.1 in `folder`. Gives the paths.
export async function certificates(folder) {
  const path = (name) => join(folder, name);
  const [ca, caKey, request, key, cert, extensions] = ["ca.pem", "ca.key", "server.csr", "server.key", "server.pem", "server.ext"].map(path);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
  await openssl("req", "-x509", ...newKey, "-keyout", caKey, "-out", ca, "-days", "2", "-subj", "/CN=test authority", ...usage);
  await openssl("req", ...newKey, "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1");
  await writeFile(extensions, "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
  const signed = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-days", "2", "-extfile", extensions];
  await openssl("x509", "-req", "-in", request, "-out", cert, ...signed);
  return { ca, key, cert };
}

// Takes TLS connections and hands them on to an address. Gives its URL and a way to stop it.
export async function terminate(address, { key, cert }) {
  const [host, port] = address.split(":");
  const sockets = new Set();
  const options = { key: await readFile(key), cert: await readFile(cert), ALPNProtocols: ["http/1.1"] };
  const server = createServer(options, (client) => {
    const target = connect({ host, port });
    for (const [from, to] of [[client, target], [target, client]]) {
      sockets.add(from);
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${server.address().port}`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
