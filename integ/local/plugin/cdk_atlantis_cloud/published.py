"""Where a container's own address and port can be reached from this machine: the loopback port that Docker published for it.

On Docker Desktop, and on any engine in a virtual machine, a container's address cannot be reached from outside.
"""
_ports = {}


def publish(address, port, published_port):
    _ports[address, int(port)] = int(published_port)


def withdraw(address):
    for key in [key for key in _ports if key[0] == address]:
        _ports.pop(key, None)


def reachable(address, port):
    published_port = _ports.get((address, int(port)))
    return ("127.0.0.1", published_port) if published_port else (address, int(port))
