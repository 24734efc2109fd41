// A driver that knows only the brief, on another Kafka client: it reads partition 0 of its topics without a group, from the
// first message, and crashes on a trigger whose configuration it does not know. It makes -requests GETs to its own -target,
// says cumulative figures each second until one message after the last answer, and never that it has ended. What it does is
// told on standard output, a JSON object a line.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

type testConfig struct {
	TestID string `json:"test_id"`
}

type metrics struct {
	NodeID   string             `json:"node_id"`
	TestID   string             `json:"test_id"`
	ReportID string             `json:"report_id"`
	Metrics  map[string]float64 `json:"metrics"`
}

var (
	broker   = flag.String("kafka", "127.0.0.1:9092", "HOST:PORT")
	prefix   = flag.String("prefix", "", "before the name of each topic")
	linked   = flag.Bool("until-stdin-ends", false, "end when standard input does")
	id       = flag.String("id", "go-driver", "node id")
	target   = flag.String("target", "http://127.0.0.1:8000/", "URL")
	requests = flag.Int("requests", 500, "how many")
	workers  = flag.Int("concurrency", 50, "at once")
)

var writer *kafka.Writer

func say(topic string, message any) {
	value, _ := json.Marshal(message)
	// A topic that was made a moment ago is not known to every client yet.
	for range 20 {
		err := writer.WriteMessages(context.Background(), kafka.Message{Topic: *prefix + topic, Key: []byte(*id), Value: value})
		if err == nil {
			return
		}
		tell("unsaid", map[string]any{"error": err.Error()})
		time.Sleep(200 * time.Millisecond)
	}
}

func tell(event string, facts map[string]any) {
	line := map[string]any{"event": event, "node": *id}
	for name, value := range facts {
		line[name] = value
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func read(topic string, handle func([]byte)) {
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
		handle(message.Value)
	}
}

// A run's figures, since its start.
type figures struct {
	sync.Mutex
	latencies []float64
	errors    int
}

func (f *figures) report(testID string) {
	f.Lock()
	sorted := append([]float64{}, f.latencies...)
	f.Unlock()
	sort.Float64s(sorted)
	all := map[string]float64{"mean_latency": 0, "median_latency": 0, "min_latency": 0, "max_latency": 0}
	if n := len(sorted); n > 0 {
		sum := 0.0
		for _, ms := range sorted {
			sum += ms
		}
		all["mean_latency"], all["median_latency"] = sum/float64(n), sorted[n/2]
		all["min_latency"], all["max_latency"] = sorted[0], sorted[n-1]
	}
	say("metrics", metrics{NodeID: *id, TestID: testID, Metrics: all})
}

func run(testID string) {
	tell("started", map[string]any{"test_id": testID})
	f := &figures{}
	done := make(chan bool)
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f.report(testID)
			case <-done:
				return
			}
		}
	}()
	work := make(chan bool)
	var group sync.WaitGroup
	for range *workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for range work {
				start := time.Now()
				response, err := http.Get(*target)
				if err == nil {
					_, err = io.Copy(io.Discard, response.Body)
					response.Body.Close()
				}
				f.Lock()
				if err == nil {
					f.latencies = append(f.latencies, float64(time.Since(start).Microseconds())/1000)
				} else {
					f.errors++
				}
				f.Unlock()
			}
		}()
	}
	for range *requests {
		work <- true
	}
	close(work)
	group.Wait()
	done <- true
	tell("answered", map[string]any{"test_id": testID, "answers": len(f.latencies), "errors": f.errors})
	f.report(testID)
}

// Between two topics there is no order: a configuration that is on its way is waited for.
func begin(testID string, isKnown func() bool) {
	for waits := 0; !isKnown() && waits < 20; waits++ {
		time.Sleep(100 * time.Millisecond)
	}
	if !isKnown() {
		tell("crashed", map[string]any{"test_id": testID})
		os.Exit(2)
	}
	run(testID)
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
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = *workers

	var lock sync.Mutex
	configs := map[string]bool{}
	go read("test_config", func(value []byte) {
		config := testConfig{}
		if json.Unmarshal(value, &config) != nil {
			return
		}
		lock.Lock()
		configs[config.TestID] = true
		lock.Unlock()
		tell("configured", map[string]any{"config": json.RawMessage(value)})
	})
	go read("trigger", func(value []byte) {
		trigger := testConfig{}
		if json.Unmarshal(value, &trigger) != nil {
			return
		}
		go begin(trigger.TestID, func() bool {
			lock.Lock()
			defer lock.Unlock()
			return configs[trigger.TestID]
		})
	})
	say("register", map[string]string{"node_id": *id, "node_ip": "IPAddr"})
	tell("up", nil)
	for {
		say("heartbeat", map[string]any{"node_id": *id, "heartbeat": true})
		time.Sleep(time.Second)
	}
}
