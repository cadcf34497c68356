use std::fs;
use std::time::Instant;

use crate::harness::Site;

fn set(n: usize, salt: usize) -> String {
    let mut out = String::from("policies:\n");
    for i in 0..n {
        let s = if i == n / 2 { salt } else { 0 };
        out += &format!(
            "  - name: policy-{i}\n    description: number {i}\n    resource: kind{}\n    actions: [view, edit]\n    roles: [role{}]\n    condition: resource.ownerId == principal.id && resource.n > {s}\n",
            i % 50,
            i % 20
        );
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn tmp_latency() {
    for n in [1000] {
        let site = Site::new();
        site.write(&set(n, 0));
        let companion = site.start().await;
        let mut vms = Vec::new();
        for v in 0..4 {
            let mut vm = companion.vm(v, None).await;
            vm.raw().await;
            vms.push(vm);
        }
        let mut ms = Vec::new();
        for k in 1..40 {
            tokio::time::sleep(std::time::Duration::from_millis(60)).await;
            fs::write(site.policy_file(), set(n, k)).unwrap();
            let t = Instant::now();
            for vm in &mut vms {
                vm.raw().await;
            }
            ms.push(t.elapsed().as_secs_f64() * 1e3);
        }
        ms.sort_by(f64::total_cmp);
        println!(
            "n={n} median {:.1} ms p90 {:.1} max {:.1}",
            ms[ms.len() / 2],
            ms[ms.len() * 9 / 10],
            ms[ms.len() - 1]
        );
        let (_, text) = companion.get("/metrics").await;
        println!(
            "{}",
            text.lines()
                .filter(|l| l.contains("compile") && (l.contains("sum") || l.contains("count")))
                .collect::<Vec<_>>()
                .join("\n")
        );
        companion.stop().await;
    }
}
