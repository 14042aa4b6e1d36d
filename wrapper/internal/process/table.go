package process

import (
	"bytes"
	"os"
	"strconv"
)

// row is a process as proc_pid_stat(5) tells it.
type row struct {
	pid, parent, group, session int
	zombie                      bool
	// startTicks says when it started, in clock ticks since boot.
	startTicks uint64
	// residentPages counts a page that several processes share for each of them.
	residentPages int64
}

// table holds the processes of this pid namespace at one moment; empty where /proc is not mounted.
type table []row

func readTable() table {
	folder, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var rows table
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if found, ok := readRow(pid); ok {
				rows = append(rows, found)
			}
		}
	}
	return rows
}

func readRow(pid int) (row, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return row{}, false // It ended while we were reading.
	}
	return parseRow(pid, text)
}

func parseRow(pid int, text []byte) (row, bool) {
	// The second field is the program's name in brackets and may itself hold brackets and spaces.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 22 {
		return row{}, false
	}
	number := func(index int) int64 {
		value, _ := strconv.ParseInt(string(fields[index]), 10, 64)
		return value
	}
	return row{
		pid: pid, parent: int(number(1)), group: int(number(2)), session: int(number(3)),
		zombie:        fields[0][0] == 'Z' || fields[0][0] == 'X',
		startTicks:    uint64(number(19)),
		residentPages: number(21),
	}, true
}

// family lists the process, its group and session, and all their descendants.
func (t table) family(leader int) []row {
	children := map[int][]row{}
	var found []row
	seen := map[int]bool{}
	add := func(member row) {
		if !seen[member.pid] {
			seen[member.pid] = true
			found = append(found, member)
		}
	}
	for _, each := range t {
		children[each.parent] = append(children[each.parent], each)
		if each.pid == leader || each.group == leader || each.session == leader {
			add(each)
		}
	}
	for index := 0; index < len(found); index++ {
		for _, child := range children[found[index].pid] {
			add(child)
		}
	}
	return found
}
