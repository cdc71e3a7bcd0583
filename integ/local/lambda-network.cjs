// Loaded into the emulated Lambda functions, which run as processes of this machine. A deployed name leads them to the front, as Route 53
// would lead a real function to the load balancer. Nothing is changed for addresses and for this machine's own name.
const net = require('node:net');

const fronts = JSON.parse(process.env.CDK_ATLANTIS_CLOUD_FRONTS ?? '{}');
const { connect } = net.Socket.prototype;

net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  const front = options !== null && typeof options === 'object' && isName(options.host) ? fronts[options.port] : undefined;
  if (front) Object.assign(options, { host: '127.0.0.1', port: front });
  return connect.apply(this, given);
};

function isName(host) {
  return typeof host === 'string' && host !== 'localhost' && net.isIP(host) === 0;
}
