//! Tries to reach the network past HTTP, by a socket of its own.

use wasip2::sockets::{
    instance_network::instance_network,
    network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress},
    tcp_create_socket::create_tcp_socket,
};
use wasmtab_sdk::prelude::*;

/// Connects to a port of this machine
#[handler(name = "Connection")]
fn connection() -> Result<(), Failure> {
    let refused = |error| Failure::retryable(format!("socket: {error}"));
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(refused)?;
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port: 22,
        address: (127, 0, 0, 1),
    });
    socket
        .start_connect(&instance_network(), address)
        .map_err(refused)?;
    socket.subscribe().block();
    socket.finish_connect().map_err(refused)?;
    Ok(())
}
