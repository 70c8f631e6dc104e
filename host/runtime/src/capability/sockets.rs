//! Raw sockets: linked, because the standard libraries of guests import them, and refused, always.

use std::sync::Arc;

use wasmtime_wasi::{WasiCtxBuilder, sockets::SocketAddrUse};

use crate::recorder::Recorder;

pub(crate) fn refuse(wasi: &mut WasiCtxBuilder, recorder: &Arc<Recorder>) {
    let recorder = Arc::clone(recorder);
    // Sockets can be made, but every use of an address asks here first, and so is noticed. Names are not resolved.
    wasi.allow_tcp(true)
        .allow_udp(true)
        .allow_ip_name_lookup(false)
        .socket_addr_check(move |address, purpose| {
            // A connection binds to the wildcard address on its way. That is let through, so that the refusal names the destination; a
            // bound TCP socket can do nothing before it connects or listens.
            if matches!(purpose, SocketAddrUse::TcpBind)
                && address.ip().is_unspecified()
                && address.port() == 0
            {
                return Box::pin(std::future::ready(true));
            }
            let verb = match purpose {
                SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => "bind",
                SocketAddrUse::TcpConnect => "connect to",
                SocketAddrUse::TcpListen => "listen on",
                _ => "send to",
            };
            recorder.refuse("sockets", format!("{verb} {address}"), None);
            Box::pin(std::future::ready(false))
        });
}
