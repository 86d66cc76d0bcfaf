//! A graph in layers, with few crossings: from what nodes read to a place for each.
//!
//! Layers by the longest path. Within a layer nodes are put in order by the mean place of their neighbours, down and up
//! the layers a few times (Sugiyama's method; the best order that was met is kept). Then each is moved to where its
//! neighbours are, as far as the others of its layer let it. All of it is linear in the edges, times a logarithm.

/// Sweeps through the layers.
const SWEEPS: usize = 12;

/// Where nodes stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// How many layers there are.
    pub layers: u32,
    /// The layer of each node.
    pub layer: Vec<u32>,
    /// The place within the layer, in rows; no two of a layer are nearer than one.
    pub y: Vec<f32>,
}

/// Lays out `nodes` nodes; an edge leads from a parent to a child. Edges of a circle are as good as absent.
pub fn layout(nodes: usize, edges: &[(u32, u32)]) -> Layout {
    let graph = Adjacent::of(nodes, edges);
    let (order, layer) = layers(&graph);
    let count = layer.iter().copied().max().map_or(0, |most| most + 1);
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); count as usize];
    for node in first_order(&graph, &order) {
        rows[layer[node as usize] as usize].push(node);
    }
    let mut place = vec![0_u32; nodes];
    number(&rows, &mut place);
    let mut best = (crossings(&graph, &rows, &layer, &place), rows.clone());
    for sweep in 0..SWEEPS {
        if best.0 == 0 {
            break;
        }
        let is_down = sweep % 2 == 0;
        let step = |at: usize, rows: &mut Vec<Vec<u32>>, place: &mut Vec<u32>| {
            sort_row(&mut rows[at], if is_down { &graph.parents } else { &graph.children }, place);
            for (at, node) in rows[at].iter().enumerate() {
                place[*node as usize] = at as u32;
            }
        };
        if is_down {
            for at in 0..rows.len() {
                step(at, &mut rows, &mut place);
            }
        } else {
            for at in (0..rows.len()).rev() {
                step(at, &mut rows, &mut place);
            }
        }
        let now = crossings(&graph, &rows, &layer, &place);
        if now < best.0 {
            best = (now, rows.clone());
        }
    }
    let y = places(&graph, &best.1, nodes);
    Layout { layers: count, layer, y }
}

/// Neighbours by node, each list in one place.
struct Neighbours {
    start: Vec<u32>,
    all: Vec<u32>,
}

impl Neighbours {
    fn of(nodes: usize, edges: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut start = vec![0_u32; nodes + 1];
        for (from, _) in edges.clone() {
            start[from as usize + 1] += 1;
        }
        for at in 0..nodes {
            start[at + 1] += start[at];
        }
        let mut next = start.clone();
        let mut all = vec![0_u32; start[nodes] as usize];
        for (from, to) in edges {
            all[next[from as usize] as usize] = to;
            next[from as usize] += 1;
        }
        Self { start, all }
    }

    fn of_node(&self, node: u32) -> &[u32] {
        &self.all[self.start[node as usize] as usize..self.start[node as usize + 1] as usize]
    }
}

struct Adjacent {
    nodes: usize,
    parents: Neighbours,
    children: Neighbours,
}

impl Adjacent {
    fn of(nodes: usize, edges: &[(u32, u32)]) -> Self {
        let good = edges.iter().copied().filter(|(from, to)| from != to);
        let parents = Neighbours::of(nodes, good.clone().map(|(from, to)| (to, from)));
        Self { nodes, parents, children: Neighbours::of(nodes, good) }
    }
}

/// An order with parents first, and the layer of each node; what is on a circle stands in layer 0 at the end.
fn layers(graph: &Adjacent) -> (Vec<u32>, Vec<u32>) {
    let mut layer = vec![0_u32; graph.nodes];
    let mut missing: Vec<usize> =
        (0..graph.nodes as u32).map(|node| graph.parents.of_node(node).len()).collect();
    let mut order: Vec<u32> = (0..graph.nodes as u32).filter(|node| missing[*node as usize] == 0).collect();
    let mut at = 0;
    while let Some(node) = order.get(at).copied() {
        at += 1;
        for child in graph.children.of_node(node) {
            layer[*child as usize] = layer[*child as usize].max(layer[node as usize] + 1);
            missing[*child as usize] -= 1;
            if missing[*child as usize] == 0 {
                order.push(*child);
            }
        }
    }
    for node in 0..graph.nodes as u32 {
        if missing[node as usize] > 0 {
            layer[node as usize] = 0;
            order.push(node);
        }
    }
    // What reads nothing stands right before its first reader, not far to the left of it.
    for node in order.iter().rev() {
        let nearest = graph.children.of_node(*node).iter().map(|child| layer[*child as usize]).min();
        if let Some(nearest) = nearest.filter(|_| graph.parents.of_node(*node).is_empty()) {
            layer[*node as usize] = nearest.saturating_sub(1);
        }
    }
    (order, layer)
}

/// Nodes in the order in which a walk from node to neighbour meets them, so that what belongs together stands together.
fn first_order(graph: &Adjacent, order: &[u32]) -> Vec<u32> {
    let mut seen = vec![false; graph.nodes];
    let mut met = Vec::with_capacity(graph.nodes);
    let mut waiting = Vec::new();
    for start in order {
        waiting.push(*start);
        while let Some(node) = waiting.pop() {
            if std::mem::replace(&mut seen[node as usize], true) {
                continue;
            }
            met.push(node);
            let new = |other: &&u32| !seen[**other as usize];
            waiting.extend(graph.children.of_node(node).iter().rev().filter(new));
            waiting.extend(graph.parents.of_node(node).iter().rev().filter(new));
        }
    }
    met
}

fn number(rows: &[Vec<u32>], place: &mut [u32]) {
    for row in rows {
        for (at, node) in row.iter().enumerate() {
            place[*node as usize] = at as u32;
        }
    }
}

/// Sorts a row by the mean place of neighbours; those without any keep their place.
fn sort_row(row: &mut Vec<u32>, neighbours: &Neighbours, place: &[u32]) {
    let mut keyed: Vec<(f64, u32)> = row
        .iter()
        .map(|node| {
            let all = neighbours.of_node(*node);
            let sum: f64 = all.iter().map(|other| f64::from(place[*other as usize])).sum();
            let own = f64::from(place[*node as usize]);
            (if all.is_empty() { own } else { sum / whole(all.len()) }, *node)
        })
        .collect();
    keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
    row.clear();
    row.extend(keyed.into_iter().map(|(_, node)| node));
}

/// How many edges into the same layer cross each other; edges over several layers count by their ends.
fn crossings(graph: &Adjacent, rows: &[Vec<u32>], layer: &[u32], place: &[u32]) -> u64 {
    let mut total = 0;
    let widest = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut tree = vec![0_u32; widest + 1];
    let mut ends: Vec<u32> = Vec::new();
    for row in rows {
        // Ends of edges in the order of their beginnings; each counts those before it that end further down.
        tree.fill(0);
        let mut added = 0_u64;
        for node in row {
            ends.clear();
            let near = graph
                .parents
                .of_node(*node)
                .iter()
                .filter(|it| layer[**it as usize] + 1 == layer[*node as usize]);
            ends.extend(near.map(|parent| place[*parent as usize]));
            for end in &ends {
                let mut at = *end as usize + 1;
                let mut before = 0_u64;
                while at > 0 {
                    before += u64::from(tree[at]);
                    at &= at - 1;
                }
                total += added - before;
            }
            for end in &ends {
                let mut at = *end as usize + 1;
                while at <= widest {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
                added += 1;
            }
        }
    }
    total
}

/// A place for each node: near its neighbours, at least one apart, in the given order.
fn places(graph: &Adjacent, rows: &[Vec<u32>], nodes: usize) -> Vec<f32> {
    let widest = whole(rows.iter().map(Vec::len).max().unwrap_or_default());
    let mut y = vec![0.0_f64; nodes];
    for row in rows {
        let first = (widest - whole(row.len())) / 2.0;
        for (at, node) in row.iter().enumerate() {
            y[*node as usize] = first + whole(at);
        }
    }
    for pass in 0..6 {
        let move_row = |row: &Vec<u32>, y: &mut Vec<f64>| {
            let wish = |node: &u32| {
                let parents = graph.parents.of_node(*node).iter();
                let all = parents.chain(graph.children.of_node(*node));
                let (sum, count) =
                    all.fold((0.0, 0.0), |(sum, count), it| (sum + y[*it as usize], count + 1.0));
                if count > 0.0 { sum / count } else { y[*node as usize] }
            };
            let wishes: Vec<f64> = row.iter().map(wish).collect();
            for (node, place) in row.iter().zip(apart(&wishes)) {
                y[*node as usize] = place;
            }
        };
        if pass % 2 == 0 {
            for row in rows {
                move_row(row, &mut y);
            }
        } else {
            for row in rows.iter().rev() {
                move_row(row, &mut y);
            }
        }
    }
    let least = y.iter().copied().fold(f64::INFINITY, f64::min);
    // A hundredth of a row is as fine as anybody sees, and the same on all machines.
    #[allow(clippy::cast_possible_truncation, reason = "places are small")]
    let rounded = |place: f64| (((place - least) * 100.0).round() / 100.0) as f32;
    y.into_iter().map(rounded).collect()
}

/// The places nearest to the wishes (by squares) that keep the order and are at least one apart: neighbours that want
/// the same place are pooled.
fn apart(wishes: &[f64]) -> Vec<f64> {
    // Less one for each before, the places need only not fall.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (at, wish) in wishes.iter().enumerate() {
        let mut pool = (wish - whole(at), 1);
        while let Some((sum, count)) = pools.last().copied()
            && sum / whole(count) >= pool.0 / whole(pool.1)
        {
            pool = (sum + pool.0, count + pool.1);
            pools.pop();
        }
        pools.push(pool);
    }
    let flat = pools.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum / whole(count), count));
    flat.enumerate().map(|(at, place)| place + whole(at)).collect()
}

/// A count as a number for places; a graph has far fewer nodes than would lose a digit.
fn whole(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross(layout: &Layout, edges: &[(u32, u32)]) -> usize {
        let at = |node: u32| (layout.layer[node as usize], layout.y[node as usize]);
        let mut count = 0;
        for (a, b) in edges {
            for (c, d) in edges {
                let same = at(*a).0 == at(*c).0 && at(*b).0 == at(*d).0;
                count += usize::from(same && at(*a).1 < at(*c).1 && at(*b).1 > at(*d).1);
            }
        }
        count
    }

    #[test]
    fn layers_follow_the_longest_path() {
        // 0 → 1 → 2 → 3, 0 → 3, and 4 → 3, which stands right before its reader.
        let edges = [(0, 1), (1, 2), (2, 3), (0, 3), (4, 3)];
        assert_eq!(layout(5, &edges).layer, [0, 1, 2, 3, 2]);
        assert_eq!(layout(2, &[]).layer, [0, 0]);
        assert_eq!(layout(0, &[]), Layout { layers: 0, layer: vec![], y: vec![] });
    }

    #[test]
    fn crossings_that_need_not_be_are_not() {
        let edges = [(0, 5), (1, 4), (2, 3), (3, 8), (4, 7), (5, 6)];
        let layout = layout(9, &edges);
        assert_eq!(cross(&layout, &edges), 0, "{layout:?}");
        for (from, to) in edges {
            let apart = (layout.y[from as usize] - layout.y[to as usize]).abs();
            assert!(apart < 0.01, "a chain is straight: {layout:?}");
        }
    }

    #[test]
    fn no_two_stand_nearer_than_one() {
        let edges: Vec<(u32, u32)> = (0..400_u32).map(|at| (at % 37, 37 + at * 7919 % 163)).collect();
        let layout = layout(200, &edges);
        for one in 0..200 {
            for other in 0..one {
                let near = (layout.y[one] - layout.y[other]).abs() < 0.99;
                assert!(layout.layer[one] != layout.layer[other] || !near, "{one} {other}");
            }
        }
    }

    #[test]
    fn a_circle_does_not_hang() {
        assert_eq!(layout(3, &[(0, 1), (1, 0), (2, 2)]).layer.len(), 3);
    }

    #[test]
    fn wishes_are_kept_where_they_can_be() {
        assert_eq!(apart(&[0.0, 5.0]), [0.0, 5.0]);
        assert_eq!(apart(&[1.0, 1.0, 1.0]), [0.0, 1.0, 2.0]);
    }
}
