// Peer: judges register histories with Porcupine, for the benchmark beside it (../linearizable_bench.cc).
//
//	peer TIMEOUT_SECONDS FILE
//
// FILE has one operation a line, "process function value expected start end key", "-" for nothing, end "-" for an
// operation whose outcome is unknown; what surely was not done is not in it. Prints the verdict (ok, illegal, unknown),
// the nanoseconds of processor time of the check alone, and by how many bytes the peak of memory grew during it.
package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/anishathalye/porcupine"
)

type input struct {
	function byte // r, w or c
	key      uint64
	value    int64
	expected int64
	unknown  bool
}

const nothing = math.MinInt64

var register = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[uint64][]porcupine.Operation{}
		for _, operation := range history {
			key := operation.Input.(input).key
			byKey[key] = append(byKey[key], operation)
		}
		partitions := make([][]porcupine.Operation, 0, len(byKey))
		for _, partition := range byKey {
			partitions = append(partitions, partition)
		}
		return partitions
	},
	Init: func() any { return int64(nothing) },
	Step: func(state, in, out any) (bool, any) {
		asked := in.(input)
		switch asked.function {
		case 'r':
			return asked.value == state.(int64), state
		case 'w':
			return true, asked.value
		default:
			if asked.expected == state.(int64) {
				return true, asked.value
			}
			// Porcupine gives every operation a place in the order: one that was perhaps not done may have no effect.
			return asked.unknown, state
		}
	},
}

func number(text string) int64 {
	if text == "-" {
		return nothing
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return value
}

func read(path string) []porcupine.Operation {
	file, err := os.Open(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer file.Close()
	var history []porcupine.Operation
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		end := number(fields[5])
		if end == nothing {
			end = math.MaxInt64
		}
		history = append(history, porcupine.Operation{
			ClientId: int(number(fields[0])),
			Input: input{
				function: fields[1][0],
				value:    number(fields[2]),
				expected: number(fields[3]),
				key:      uint64(number(fields[6])),
				unknown:  end == math.MaxInt64,
			},
			Call:   number(fields[4]),
			Return: end,
		})
	}
	return history
}

// The peak of resident memory in bytes; it can be set back to what is resident now.
func peak() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
			return number(fields[1]) * 1024
		}
	}
	return 0
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peer TIMEOUT_SECONDS FILE")
		os.Exit(2)
	}
	history := read(os.Args[2])
	runtime.GOMAXPROCS(1)
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	before := peak()
	start := processorTime()
	verdict := porcupine.CheckOperationsTimeout(register, history, time.Duration(number(os.Args[1]))*time.Second)
	took := processorTime() - start
	fmt.Printf("%s %d %d\n", strings.ToLower(string(verdict)), took.Nanoseconds(), peak()-before)
}
