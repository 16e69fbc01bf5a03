# An oracle for the tests of old drafts: the server of websocket-driver of Ruby.
#
# Every line of standard input is a session in JSON: the chunks that a client sends, in base64. Every line of standard
# output tells what the server made of it: all that it has written, in base64, and its events. It echoes texts. "early" are
# texts that it sends before it has heard anything, "stop" is the text after which it closes.

require 'base64'
require 'json'
require 'websocket/driver'

# A Sink is what the driver writes to.
class Sink
  attr_reader :written

  def initialize
    @written = ''.b
  end

  def write(bytes)
    @written << bytes.b
  end
end

def run(session)
  sink = Sink.new
  events = []
  driver = WebSocket::Driver.server(sink)
  driver.on(:connect) do
    driver.start
    session.fetch('early', []).each { |text| driver.text(text) }
  end
  driver.on(:open) { events << 'open' }
  driver.on(:message) do |event|
    events << "text #{event.data}"
    driver.text(event.data)
    driver.close if event.data == session['stop']
  end
  driver.on(:close) { events << 'close' }
  driver.on(:error) { events << 'error' }
  session['chunks'].each { |chunk| driver.parse(Base64.decode64(chunk)) }
  { written: Base64.strict_encode64(sink.written), events: events }
end

STDOUT.sync = true
STDIN.each_line { |line| puts JSON.generate(run(JSON.parse(line))) }
