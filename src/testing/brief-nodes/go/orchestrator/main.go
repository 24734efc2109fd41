// An orchestrator that knows only the brief, on another Kafka client: it reads partition 0 of its topics without a group, from
// the first message. It waits for -drivers nodes, configures one test, triggers it, and tells what it hears on standard
// output, a JSON object a line, until it is ended.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// Decoded as strictly as Go does: a figure that is no number, or a text where the brief has one, is an error.
type heard struct {
	NodeID    string `json:"node_id"`
	TestID    string `json:"test_id"`
	ReportID  string `json:"report_id"`
	Timestamp string `json:"timestamp"`
	Metrics   struct {
		Mean   float64 `json:"mean_latency"`
		Median float64 `json:"median_latency"`
		Min    float64 `json:"min_latency"`
		Max    float64 `json:"max_latency"`
	} `json:"metrics"`
}

var (
	broker  = flag.String("kafka", "127.0.0.1:9092", "HOST:PORT")
	prefix  = flag.String("prefix", "", "before the name of each topic")
	linked  = flag.Bool("until-stdin-ends", false, "end when standard input does")
	id      = flag.String("id", "go-test", "test id")
	kind    = flag.String("type", "AVALANCHE", "or TSUNAMI")
	count   = flag.Int("count", 100, "requests of each driver")
	delay   = flag.Float64("delay", 0, "seconds")
	target  = flag.String("target", "", "said as target_server_ip")
	drivers = flag.Int("drivers", 1, "how many to wait for")
	wait    = flag.Duration("trigger-after", time.Second, "from the configuration to the trigger")
	numbers = flag.Bool("numbers", false, "JSON numbers, where the brief shows texts")
)

var writer *kafka.Writer

func say(topic string, message map[string]any) {
	value, _ := json.Marshal(message)
	// A topic that was made a moment ago is not known to every client yet.
	for range 20 {
		err := writer.WriteMessages(context.Background(), kafka.Message{Topic: *prefix + topic, Value: value})
		if err == nil {
			return
		}
		tell("unsaid", err.Error())
		time.Sleep(200 * time.Millisecond)
	}
}

func tell(event string, message any) {
	text, _ := json.Marshal(map[string]any{"event": event, "message": message})
	fmt.Println(string(text))
}

// One partition each; those that are there stay as they are.
func createTopics(names ...string) {
	first, err := kafka.Dial("tcp", *broker)
	if err != nil {
		tell("unmade", err.Error())
		return
	}
	defer first.Close()
	controller, err := first.Controller()
	if err != nil {
		tell("unmade", err.Error())
		return
	}
	conn, err := kafka.Dial("tcp", net.JoinHostPort(controller.Host, strconv.Itoa(controller.Port)))
	if err != nil {
		tell("unmade", err.Error())
		return
	}
	defer conn.Close()
	for _, name := range names {
		_ = conn.CreateTopics(kafka.TopicConfig{Topic: *prefix + name, NumPartitions: 1, ReplicationFactor: 1})
	}
}

func conduct() {
	config := map[string]any{"test_id": *id, "test_type": *kind}
	if *numbers {
		config["test_message_delay"], config["message_count_per_driver"] = *delay, *count
	} else {
		config["test_message_delay"] = strconv.FormatFloat(*delay, 'f', -1, 64)
		config["message_count_per_driver"] = strconv.Itoa(*count)
	}
	if *target != "" {
		config["target_server_ip"] = *target
	}
	say("test_config", config)
	tell("configured", config)
	time.Sleep(*wait)
	say("trigger", map[string]any{"test_id": *id, "trigger": "YES"})
	tell("triggered", map[string]any{"test_id": *id})
}

func main() {
	flag.Parse()
	if *linked {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	writer = &kafka.Writer{
		Addr: kafka.TCP(*broker), BatchTimeout: 10 * time.Millisecond, AllowAutoTopicCreation: true, RequiredAcks: kafka.RequireAll,
	}
	createTopics("register", "test_config", "trigger", "metrics", "heartbeat")
	var lock sync.Mutex
	nodes := map[string]bool{}
	for _, topic := range []string{"register", "heartbeat", "metrics"} {
		go func() {
			reader := kafka.NewReader(kafka.ReaderConfig{
				Brokers: []string{*broker}, Topic: *prefix + topic, Partition: 0, MaxWait: 50 * time.Millisecond,
			})
			_ = reader.SetOffset(kafka.FirstOffset)
			for {
				message, err := reader.ReadMessage(context.Background())
				if err != nil {
					time.Sleep(100 * time.Millisecond)
					continue
				}
				said := heard{}
				if err := json.Unmarshal(message.Value, &said); err != nil {
					tell("unreadable", err.Error())
					continue
				}
				tell(topic, json.RawMessage(message.Value))
				lock.Lock()
				before := len(nodes)
				nodes[said.NodeID] = true
				if len(nodes) > before && len(nodes) == *drivers {
					go conduct()
				}
				lock.Unlock()
			}
		}()
	}
	tell("up", nil)
	select {}
}
