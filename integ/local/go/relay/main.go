// Relay listens inside a Docker network for a program that listens on the host's loopback only, which containers cannot reach.
//
// The host program keeps idle connections open to the control port. A connection from a container takes one of them: the relay
// writes a line with the port that was asked for and the container's address, and from there on passes the bytes both ways.
package main

import (
	"bufio"
	"crypto/subtle"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"time"
)

const (
	handshakeTime = 5 * time.Second
	waitForIdle   = 10 * time.Second
)

func listen(port string) net.Listener {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

// accept hands every connection to serve, until the process ends.
func accept(listener net.Listener, serve func(*net.TCPConn)) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Print(err)
			time.Sleep(10 * time.Millisecond)
			continue
		}
		go serve(connection.(*net.TCPConn))
	}
}

// authenticated reads the host program's first line. The reader is not used again: the host program sends nothing more
// before it is told of a container's connection.
func authenticated(connection *net.TCPConn, token string) bool {
	connection.SetReadDeadline(time.Now().Add(handshakeTime))
	line, err := bufio.NewReaderSize(connection, 256).ReadString('\n')
	if err != nil || subtle.ConstantTimeCompare([]byte(strings.TrimSpace(line)), []byte(token)) != 1 {
		return false
	}
	return connection.SetReadDeadline(time.Time{}) == nil
}

// pass copies until the sender has closed its side, and then closes that side for the receiver.
func pass(to, from *net.TCPConn, done chan<- error) {
	_, err := io.Copy(to, from)
	to.CloseWrite()
	done <- err
}

func splice(a, b *net.TCPConn) {
	defer a.Close()
	defer b.Close()
	done := make(chan error, 2)
	go pass(a, b, done)
	go pass(b, a, done)
	if err := <-done; err == nil {
		<-done
	}
}

func main() {
	token := os.Getenv("RELAY_TOKEN")
	ports := os.Args[1:]
	if token == "" || len(ports) < 2 {
		log.Fatal("usage: RELAY_TOKEN=... relay CONTROL-PORT PORT...")
	}
	idle := make(chan *net.TCPConn, 1024)
	for _, port := range ports[1:] {
		go accept(listen(port), func(client *net.TCPConn) {
			asked := fmt.Sprintf("%s %s\n", port, client.RemoteAddr().(*net.TCPAddr).IP)
			for deadline := time.After(waitForIdle); ; {
				select {
				case host := <-idle:
					if _, err := io.WriteString(host, asked); err != nil {
						host.Close()
						continue
					}
					splice(client, host)
				case <-deadline:
					client.Close()
				}
				return
			}
		})
	}
	accept(listen(ports[0]), func(host *net.TCPConn) {
		if !authenticated(host, token) {
			host.Close()
			return
		}
		idle <- host
	})
}
